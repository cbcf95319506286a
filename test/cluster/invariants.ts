/** What has to hold after every run, whatever was killed, as field/reliability numbers it: I1 to I7. */
import {
  applyRecord,
  emptyState,
  healthOf,
  mergeStatistics,
  type PartitionState,
  type Registry,
  restoreState,
  stateDigest,
  statisticsOf,
} from '@armature/analysis/fold';
import { EVENT_TYPES, type LogEvent, type LogRecord } from '@armature/sdk/protocol';
import { silent, systemClock } from '@armature/server';
import { expect } from 'vitest';
import { openSharedState } from '../../packages/server/src/adapters/redis/shared-state.js';
import { decodeRecord } from '../../packages/server/src/cluster/decode-record.js';
import type { KeptState, RawRecord } from '../../packages/server/src/cluster/ports.js';
import { expectSameCells, foldedCells, naiveCells } from '../oracles/naive-cells.js';
import { naiveJoin } from '../oracles/naive-join.js';
import { readLog, type WholeLog } from './read-log.js';
import type { World } from './world.js';

/** What clients know of a run. */
export interface Books {
  /** Ids that a server said are durable. */
  readonly accepted: ReadonlySet<string>;
  /** How many events the SDK's clients got rid of: they tell no ids. */
  readonly sent: number;
}

/** What the log and the state came to. */
export interface Audit {
  readonly log: WholeLog;
  readonly events: number;
  readonly trials: number;
  readonly duplicates: number;
  readonly versions: number;
}

/** The states as Redis holds them, by partition. */
export async function keptStates(world: World): Promise<readonly KeptState[]> {
  const shared = await openSharedState(
    { url: `redis://127.0.0.1:${world.master.port}`, prefix: world.prefix },
    { logger: silent, clock: systemClock() },
  );
  try {
    const states: KeptState[] = [];
    for (let partition = 0; partition < world.partitions; partition += 1) {
      const loaded = await shared.load(partition);
      if (loaded === undefined) throw new Error(`Redis holds no whole state of partition ${partition}`);
      states.push(loaded.state);
    }
    return states;
  } finally {
    await shared.close();
  }
}

/** A partition folded from its first record on. */
export function folded(
  raws: readonly RawRecord[],
  to: number,
  { partitions }: World,
  registry: Registry,
): PartitionState {
  const state = emptyState();
  foldOn(state, raws, to, partitions, registry);
  return state;
}

function foldOn(
  state: PartitionState,
  raws: readonly RawRecord[],
  to: number,
  partitions: number,
  registry: Registry,
): void {
  for (const raw of raws.slice(state.offset, to)) applyRecord(state, decodeRecord(raw, partitions).record, registry);
}

/** I4: everything in the log was counted in one way. */
function expectConserved(state: PartitionState, records: readonly LogRecord<LogEvent>[]): void {
  const ticks = records.filter(({ event }) => event.type === EVENT_TYPES.tick).length; // dead letters among them
  let counted = ticks;
  for (const { decisions, rewards, duplicates, tooOld } of healthOf(state).values()) {
    counted += decisions + rewards + duplicates + tooOld;
  }
  expect(counted).toBe(records.length);
}

/** I5: what a version says it rests on is what the log says at its offsets; they never fall. */
function expectVersions({ versions, raw, registry }: WholeLog, world: World): void {
  const states = raw.map(() => emptyState());
  const seen = new Map<string, number>();
  for (const version of versions) {
    for (const [partition, offset] of Object.entries(version.asOf)) {
      const name = `${version.experiment} ${partition}`;
      expect(offset).toBeLessThanOrEqual(raw[Number(partition)]?.length ?? 0);
      expect([name, offset >= (seen.get(name) ?? 0)]).toEqual([name, true]);
      seen.set(name, offset);
    }
    if (version.trials === undefined || states.some((state, p) => state.offset > (version.asOf[p] ?? 0))) continue;
    for (const [p, state] of states.entries()) {
      foldOn(state, raw[p] ?? [], version.asOf[p] ?? 0, world.partitions, registry);
    }
    const metric = registry.definition(version.definition)?.reward ?? '';
    const cells = mergeStatistics(states.map(statisticsOf)).filter(
      ({ experiment }) => experiment === version.experiment,
    );
    const sums = version.arms.map((arm) => {
      let [trials, total] = [0, 0];
      for (const cell of cells) {
        const names = registry.version(cell.experiment, cell.version)?.arms ?? [];
        const found = cell.arms[names.indexOf(arm)]?.metrics[metric];
        trials += found?.trials ?? 0;
        total += (found?.mean ?? 0) * (found?.rewarded ?? 0);
      }
      return { trials, total };
    });
    expect(sums.reduce((sum, { trials }) => sum + trials, 0)).toBe(version.trials);
    for (const [k, { trials, total }] of sums.entries()) {
      if (trials > 0) expect(version.means[metric]?.[k]).toBeCloseTo(total / trials, 9);
    }
  }
}

/** I7: a decision was drawn from the vector of the version that it names, and a unit keeps its arm within one. */
function expectPropensities({ records, registry }: WholeLog): void {
  const arms = new Map<string, string>();
  for (const { event } of records.flat()) {
    if (event.type !== EVENT_TYPES.decision) continue;
    const { experiment, snapshot, arm, propensity, rule = 'policy', reason, unit, period } = event.data;
    const version = registry.version(experiment, snapshot);
    expect([event.id, version === undefined]).toEqual([event.id, false]);
    if (reason !== 'split') continue;
    expect([event.id, version?.rules[rule]?.[version.arms.indexOf(arm)]]).toEqual([event.id, propensity]);
    if (unit === undefined || !event.source.startsWith('/sdk/')) continue;
    const key = `${experiment} ${snapshot} ${unit} ${period}`;
    expect([key, arms.get(key) ?? arm]).toEqual([key, arm]);
    arms.set(key, arm);
  }
}

/**
 * Reads the topics and Redis, once the servers have stopped, and holds them against each other and against the clients'
 * books.
 */
export async function expectInvariants(world: World, books: Books): Promise<Audit> {
  const [log, kept] = await Promise.all([readLog(world), keptStates(world)]);
  const { registry, raw, records } = log;
  const events = records.flat().map(({ event }) => event);
  const ids = new Set(events.map(({ id }) => id));
  expect([...books.accepted].filter((id) => !ids.has(id))).toEqual([]); // I1
  const fromClients = new Set(events.filter(({ source }) => source.startsWith('/sdk/')).map(({ id }) => id));
  expect(fromClients.size).toBe(books.sent);

  const states: PartitionState[] = [];
  for (const [p, state] of kept.entries()) {
    const all = raw[p] ?? [];
    expect(all.map(({ offset }) => offset)).toEqual(all.map((_, n) => n));
    const again = folded(all, state.offset, world, registry);
    const stored = restoreState(state, registry);
    expect([p, stateDigest(stored)]).toEqual([p, stateDigest(again)]); // I2
    const seen = (records[p] ?? []).slice(0, state.offset);
    expectConserved(again, seen);
    states.push(stored);
  }
  const cut = records.map((partition, p) => partition.slice(0, kept[p]?.offset ?? 0));
  const trials = cut.flatMap((partition) => naiveJoin(partition, registry));
  expectSameCells(foldedCells(mergeStatistics(states.map(statisticsOf)), registry), naiveCells(trials, registry)); // I3
  expectVersions(log, world);
  expectPropensities(log);
  return {
    log,
    events: [...ids].filter((id) => !id.startsWith('tick-') && !id.startsWith('unreadable-')).length,
    trials: trials.length,
    duplicates: states.flatMap((state) => [...healthOf(state).values()]).reduce((sum, h) => sum + h.duplicates, 0),
    versions: log.versions.length,
  };
}
