import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { emptyState, startJournal, takeChanges } from '@armature/analysis/fold';
import { disk, fileState, silent } from '@armature/server';
import { folding, registryOf } from './folding.mjs';

/**
 * What a state costs: bytes of an id and of an open trial, as the process grows by them, and checkpoints of a state that
 * remembers a million ids: CPU, and the longest time for which nothing else could run.
 */
const IDS = 1_000_000;
const OPEN = 200_000;
const WARM = 1000;
const CHANGED = 10_000;
const CHECKPOINTS = 7;

/** The first collection leaves the buffers of arrays that are gone to a sweeper, and the second awaits it. */
function bytes() {
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function bytesOf(registry) {
  const state = emptyState();
  const { decide, pass } = folding(registry, state);
  decide(WARM); // so that what is made once is there
  pass(900_000);
  const before = bytes();
  decide(IDS);
  pass(900_000);
  if (state.trials.size > 0) throw new Error(`${state.trials.size} trials are open`);
  const idBytes = (bytes() - before) / IDS;
  const closed = bytes();
  decide(OPEN);
  const trialBytes = (bytes() - closed) / state.trials.size - idBytes;
  return { idBytes, trialBytes, open: state.trials.size };
}

async function timed(run) {
  await wait(30);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await wait(5);
  delay.reset();
  const cpu = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(cpu);
  await wait(5);
  delay.disable();
  return { cpuMs: (user + system) / 1000, blockMs: delay.max / 1e6 };
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

async function checkpointsOf(registry) {
  const directory = mkdtempSync(join(tmpdir(), 'armature-bench-'));
  try {
    const store = await fileState(disk(), directory, silent);
    const state = emptyState();
    startJournal(state);
    const { decide } = folding(registry, state);
    const save = async () => store.save(0, { log: 'bench', offset: state.offset, changes: takeChanges(state) });
    decide(IDS);
    const whole = await timed(save);
    const some = [];
    for (let n = 0; n < CHECKPOINTS; n++) {
      decide(CHANGED);
      some.push(await timed(save));
    }
    return { whole, cpuMs: median(some.map((one) => one.cpuMs)), blockMs: median(some.map((one) => one.blockMs)) };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const measures = { bytes: bytesOf, checkpoints: checkpointsOf };

export async function prepare({ how, log }) {
  const registry = await registryOf(log.directory);
  return {
    least: 1,
    run: async () => {},
    verify: async () => ({ ...(await measures[how](registry)), changed: CHANGED }),
  };
}
