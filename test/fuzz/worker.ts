/** Runs one target in a thread of its own, so that a case that never ends can be ended from outside. */
import { parentPort, workerData } from 'node:worker_threads';
import { cpuTime, faultOf, HEAP_LIMIT, heapInUse, prototypesHold, restorePrototypes } from './invariants.js';
import { inputOf, minimised } from './mutate.js';
import { Broken, type Target } from './target.js';
import { TARGETS } from './targets.js';

interface Order {
  readonly target: string;
  readonly seed: number;
  readonly from: number;
  readonly cases: number;
  /** Where the number of the case in hand is told. */
  readonly current: Int32Array;
}

const CHECK_EVERY = 1000;
const order = workerData as Order;

async function found(target: Target, index: number, input: Buffer, fault: Broken): Promise<void> {
  restorePrototypes();
  const same = async (shorter: Buffer): Promise<boolean> => {
    const other = await faultOf(target, shorter);
    restorePrototypes();
    return other?.kind === fault.kind;
  };
  const smallest = fault.kind === 'hang' ? input : await minimised(input, same);
  parentPort?.postMessage({ finding: { index, kind: fault.kind, detail: fault.message, input: smallest } });
}

async function judge(target: Target, index: number): Promise<void> {
  const input = inputOf(target, order.seed, index);
  const fault = await faultOf(target, input);
  if (fault !== undefined) await found(target, index, input, fault);
}

async function fuzz(target: Target): Promise<void> {
  const { from, cases, current } = order;
  const { parallel = 1 } = target;
  const warm = from + Math.min(20_000, Math.floor(cases / 4));
  let baseline: number | undefined;
  for (let index = from; index < from + cases; index += parallel) {
    Atomics.store(current, 0, index);
    const batch = Math.min(parallel, from + cases - index);
    if (batch === 1) await judge(target, index);
    else await Promise.all(Array.from({ length: batch }, (_, i) => judge(target, index + i)));
    if (index >= warm) baseline ??= heapInUse();
    if ((index - from) % CHECK_EVERY < parallel) {
      if (!prototypesHold()) {
        const input = inputOf(target, order.seed, index);
        await found(target, index, input, new Broken('prototype', `in one of the last ${CHECK_EVERY} cases`));
      }
      parentPort?.postMessage({ done: index + batch, cpu: cpuTime() });
    }
  }
  const growth = heapInUse() - (baseline ?? 0);
  if (growth > HEAP_LIMIT) {
    const detail = `${(growth / 2 ** 20).toFixed(1)} MiB more at the end of ${cases} cases`;
    parentPort?.postMessage({ finding: { index: -1, kind: 'memory', detail, input: Buffer.alloc(0) } });
  }
  parentPort?.postMessage({ done: from + cases, cpu: cpuTime(), heapGrowth: growth, ended: true });
}

const target = TARGETS.find(({ name }) => name === order.target);
if (target === undefined) throw new Error(`no target ${order.target}`);
await target.open?.();
await fuzz(target);
await target.close?.();
