/** I6 and I9: what Redis holds of the partitions never falls back, and reaches the end of the log when faults are over. */
import type { World } from './world.js';

/** How often the offsets are read. */
const LOOK_EVERY_MS = 100;

export interface OffsetWatch {
  /** What fell, `partition 0: 120 to 80`, other than where it was announced. */
  readonly fallen: readonly string[];
  /** From now on offsets may be lower: something is about to lose what was acknowledged. */
  expectFall(): void;
  stop(): Promise<void>;
}

/** Offset behind the last record that Redis holds, by partition; undefined where it holds none. */
export async function committedOffsets({ master, prefix, partitions }: World): Promise<(number | undefined)[]> {
  const offsets = await Promise.all(
    Array.from({ length: partitions }, (_, p) => master.client.hget(`${prefix}:{${p}}:state`, 'offset')),
  );
  return offsets.map((offset) => (offset === null ? undefined : Number(offset)));
}

export function watchOffsets(world: World): OffsetWatch {
  const fallen: string[] = [];
  let last: (number | undefined)[] = [];
  let watching = true;
  let generation = 0;
  const watch = (async () => {
    while (watching) {
      const mine = generation;
      const found = await Promise.race([committedOffsets(world), pause(2000).then(() => undefined)]);
      if (found !== undefined && mine === generation) {
        for (const [p, offset] of found.entries()) {
          const before = last[p];
          if (before !== undefined && (offset ?? 0) < before) fallen.push(`partition ${p}: ${before} to ${offset}`);
        }
        last = found;
      }
      await pause(LOOK_EVERY_MS);
    }
  })();
  return {
    fallen,
    expectFall() {
      generation += 1;
      last = [];
    },
    async stop() {
      watching = false;
      await watch;
    },
  };
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The ends of the events' partitions at this moment. */
export async function endsNow({ admin, prefix }: World): Promise<readonly number[]> {
  const ends = await admin.fetchTopicOffsets(`${prefix}.events`);
  return ends.toSorted((a, b) => a.partition - b.partition).map(({ high }) => Number(high));
}

/**
 * Waits until everything that stands in the log at the call is in Redis.
 *
 * @returns how long it took, ms
 * @throws where it takes longer than `mostMs`
 */
export async function caughtUp(world: World, mostMs: number): Promise<number> {
  const from = performance.now();
  let ends: readonly number[] | undefined;
  let found: readonly (number | undefined)[] = [];
  while (performance.now() - from < mostMs) {
    ends ??= await endsNow(world).catch(() => undefined);
    found = await committedOffsets(world);
    const wanted = ends?.slice(0, world.partitions);
    if (wanted?.every((end, p) => (found[p] ?? 0) >= end)) return performance.now() - from;
    await pause(50);
  }
  throw new Error(`after ${mostMs} ms Redis holds ${found.join(', ')} of ${ends?.join(', ')} records`);
}
