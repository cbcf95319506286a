import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom, type Random } from '@armature/analysis';
import type { LogEvent, LogRecord, Snapshot } from '@armature/sdk/protocol';
import { type Engine, openEngine, type RetentionRule, type VirtualClock, virtualClock } from '@armature/server';
import { expect } from 'vitest';
import { workspace } from '../../packages/server/test/workspace.js';
import { createSender, FILES, type Sender } from './sender.js';
import { type End, type Ignored, type Life, unsyncedDisk } from './unsynced-disk.js';
import { recordsOf } from './whole-log.js';

const START = Date.UTC(2026, 0, 1);

/** How one life of the server goes. */
export interface Plan {
  /** Steps of load: events, a while, now and then a checkpoint. */
  readonly steps: number;
  readonly end: End;
  /** Ends in the middle of this operation of its disk, counted from its start; without it, after the last step. */
  readonly operation?: number;
  /** Time that passes before it, while nobody is at work, ms. */
  readonly after?: number;
  /** Time after the last step in which nothing is sent and trials close, ms. */
  readonly rest?: number;
  /** From this operation on the disk is full, as many operations long. */
  readonly full?: { readonly from: number; readonly operations: number };
}

/** Lives of a server on one disk, one after the other, with one client that sends again what was not acknowledged. */
export interface Lives {
  readonly sender: Sender;
  readonly clock: VirtualClock;
  readonly random: Random;
  /** @returns what the life did to the disk */
  live(plan: Plan): Promise<readonly string[]>;
  /** A life that does not end: everything that waits is sent, and all trials close. */
  last(): Promise<{ readonly engine: Engine; readonly data: string }>;
  /** Records of each partition that a life found when it began, by offset: also those that were deleted later. */
  readonly archive: readonly (readonly LogRecord<LogEvent>[])[];
  /** The data directory as the last life left it, with nobody at work in it. */
  left(): string;
  dispose(): Promise<void>;
}

export interface LivesOptions {
  readonly seed: number;
  readonly partitions: number;
  readonly ignored?: readonly Ignored[];
  /** @default 4000, so that segments follow each other soon */
  readonly segmentBytes?: number;
  readonly retention?: RetentionRule;
  /** Folders that are there before the first life. */
  readonly made?: readonly string[];
}

/** What was promised so far: it must hold in every later life. */
interface Promised {
  /** Per partition: all records before it were acknowledged. */
  readonly offsets: Map<number, number>;
  /** Per experiment: the newest version that was served. */
  readonly versions: Map<string, string>;
  sequence: number;
}

export async function createLives(options: LivesOptions): Promise<Lives> {
  const random = createRandom(options.seed);
  const space = await workspace(FILES);
  const folder = await mkdtemp(join(tmpdir(), 'armature-lives-'));
  const disk = unsyncedDisk(folder, random, options.ignored, options.made);
  const clock = virtualClock(START);
  const sender = createSender(random);
  const promised: Promised = { offsets: new Map(), versions: new Map(), sequence: 0 };
  const engines: Engine[] = [];

  const open = async (life: Life): Promise<Engine> => {
    const { experiments } = space;
    const { fs, data } = life;
    const { partitions, segmentBytes = 4000, retention } = options;
    const base = { experiments, data, fs, clock, partitions, segmentBytes, watch: false };
    const engine = await openEngine(retention === undefined ? base : { ...base, retention });
    engines.push(engine);
    expectPromises(engine, promised);
    engine.onSnapshot((snapshot) => served(snapshot, promised));
    return engine;
  };
  const step = async (engine: Engine, n: number): Promise<void> => {
    sender.make(engine, clock.now());
    await sender.send(engine);
    if (random() < 0.3) await sender.decide(engine);
    if (engine.failure === undefined) {
      for (const { index, state } of engine.partitions) promised.offsets.set(index, state.offset);
    }
    if (n % 3 === 2) await engine.checkpoint().catch(() => {});
    await clock.advance(150);
  };
  const archive: LogRecord<LogEvent>[][] = [];
  const keep = async (data: string): Promise<void> => {
    for (const [partition, records] of (await recordsOf(data)).entries()) {
      archive[partition] ??= [];
      for (const record of records) archive[partition]![record.offset] = record;
    }
  };
  return {
    sender,
    clock,
    random,
    archive,
    async live({ steps, end, operation, after = 0, rest = 0, full }) {
      await clock.advance(after);
      const life = disk.start();
      await keep(life.data);
      if (operation !== undefined) life.endAt(operation, end);
      if (full !== undefined) life.fullAt(full.from, full.operations);
      let engine: Engine | undefined;
      try {
        engine = await open(life);
      } catch (cause) {
        if (full !== undefined) expect(cause).toMatchObject({ code: 'DISK_FULL' });
        else if (!life.ended) throw cause;
      }
      for (let n = 0; engine !== undefined && n < steps && !life.ended; n += 1) await step(engine, n);
      await clock.advance(rest);
      if (full !== undefined && engine !== undefined) expect(engine.failure).toBeUndefined();
      const operations = [...life.operations];
      life.end(end);
      await engine?.close().catch(() => {});
      return operations;
    },
    async last() {
      const life = disk.start();
      await keep(life.data);
      const engine = await open(life);
      await sender.send(engine);
      expect(sender.waiting).toBe(0);
      await clock.advance(5000);
      await engine.checkpoint();
      return { engine, data: life.data };
    },
    left: () => disk.start().data,
    async dispose() {
      for (const engine of engines) await engine.close().catch(() => {});
      await space.dispose();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Records that were acknowledged and versions that were served are there again, and nothing begins anew. */
function expectPromises(engine: Engine, promised: Promised): void {
  for (const [index, offset] of promised.offsets) {
    expect(engine.partitions[index]?.state.offset).toBeGreaterThanOrEqual(offset);
  }
  for (const [experiment, version] of promised.versions) {
    expect(engine.registry.version(experiment, version)).toBeDefined();
  }
  expect(sequenceOf(engine.snapshot)).toBeGreaterThanOrEqual(promised.sequence);
  served(engine.snapshot, promised);
}

function served(snapshot: Snapshot, promised: Promised): void {
  promised.sequence = sequenceOf(snapshot);
  for (const [name, { version }] of Object.entries(snapshot.experiments)) promised.versions.set(name, version);
}

function sequenceOf({ version }: Snapshot): number {
  return Number(version.split('.')[1]);
}
