/** I6 and I9: what Redis holds of the partitions never falls back, and reaches the end of the log when faults are over. */
import type { World } from './world.js';

/** How often the offsets are read. */
const LOOK_EVERY_MS = 100;

export interface OffsetWatch {
  /** What fell, `partition 0: 120 to 80`, other than where it was announced. */
  readonly fallen: readonly string[];
  /** While this runs, offsets may fall: it loses what was acknowledged. */
  fall<T>(run: () => Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

const ANSWER_MS = 2000;

/**
 * Offset behind the last record that Redis holds, by partition; undefined where it holds none.
 *
 * @throws where Redis does not answer
 */
export async function committedOffsets({ master, prefix, partitions }: World): Promise<(number | undefined)[]> {
  const asked = Array.from({ length: partitions }, (_, p) => master.client.hget(`${prefix}:{${p}}:state`, 'offset'));
  const late = pause(ANSWER_MS).then(() => Promise.reject(new Error('Redis does not answer')));
  const offsets = await Promise.race([Promise.all(asked), late]);
  return offsets.map((offset) => (offset === null ? undefined : Number(offset)));
}

export function watchOffsets(world: World): OffsetWatch {
  const fallen: string[] = [];
  let last: (number | undefined)[] = [];
  let watching = true;
  let falls = 0;
  const look = async (): Promise<void> => {
    const before = falls;
    const found = await committedOffsets(world).catch(() => undefined);
    if (found === undefined || falls !== before || falls % 2 === 1) return;
    for (const [p, offset] of found.entries()) {
      const was = last[p];
      if (was !== undefined && (offset ?? 0) < was) fallen.push(`partition ${p}: ${was} to ${offset}`);
    }
    last = found;
  };
  const watch = (async () => {
    while (watching && !world.over) {
      await look();
      await pause(LOOK_EVERY_MS);
    }
  })();
  return {
    fallen,
    async fall(run) {
      falls += 1;
      try {
        return await run();
      } finally {
        falls += 1;
        last = [];
      }
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
    found = await committedOffsets(world).catch(() => found);
    const wanted = ends?.slice(0, world.partitions);
    if (wanted?.every((end, p) => (found[p] ?? 0) >= end)) return performance.now() - from;
    await pause(50);
  }
  throw new Error(`after ${mostMs} ms Redis holds ${found.join(', ')} of ${ends?.join(', ')} records`);
}
