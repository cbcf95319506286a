import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { applyRecord, createRegistry, emptyState, startJournal, takeChanges, writeMany } from '@armature/analysis/fold';
import { readConfig } from '@armature/analysis/log';
import { EVENT_TYPES } from '@armature/sdk/protocol';
import { disk, fileState, silent } from '@armature/server';

/**
 * What a state costs: bytes of an id and of an open trial, as the process grows by them, and checkpoints of a state that
 * remembers a million ids: CPU, and the longest time for which nothing else could run.
 */
const IDS = 1_000_000;
const OPEN = 200_000;
const WARM = 1000;
const CHANGED = 10_000;
const CHECKPOINTS = 7;
const MS_APART = 3;
const START = Date.UTC(2026, 10, 23, 5);

/** A UUIDv7 with bits that are no counter's. */
function uuid(ms, n) {
  const time = ms.toString(16).padStart(12, '0');
  const hex = (seed, digits) => (Math.imul(n ^ seed, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0').slice(-digits);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(1, 3)}-9${hex(2, 3)}-${hex(3, 4)}${hex(4, 8)}`;
}

/** Folds decisions one after the other, and ticks. */
function folding(registry, state) {
  const [version] = registry.versions('reader');
  const { definition, arms, rules } = version;
  const [propensity] = rules.policy;
  const data = {
    experiment: 'reader',
    definition,
    arm: arms[0],
    propensity,
    snapshot: version.version,
    reason: 'split',
  };
  let at = START;
  let made = 0;
  const fold = (event) => applyRecord(state, { offset: state.offset, at, event }, registry);
  const envelope = (type, id) => ({ specversion: '1.0', type, source: '/bench', id, time: new Date(at).toISOString() });
  return {
    decide(count) {
      for (let n = 0; n < count; n++, made++) {
        at += MS_APART;
        fold({ ...envelope(EVENT_TYPES.decision, uuid(at, made)), data: { ...data, unit: `u-${made}` } });
        if (n % 500 === 499) writeMany(state);
      }
    },
    pass(ms) {
      for (const end = at + ms; at < end; ) {
        at = Math.min(end, at + 300_000);
        fold({ ...envelope(EVENT_TYPES.tick, `tick-${at}`), data: {} });
      }
    },
  };
}

/** The first collection leaves the buffers of arrays that are gone to a sweeper, and the second awaits it. */
function bytes() {
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function registryOf(directory) {
  const registry = createRegistry();
  for await (const group of readConfig(directory)) for (const { event } of group) registry.applyConfig(event);
  return registry;
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
