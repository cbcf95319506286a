import type { RawRecord, RecordTaker } from '../../src/cluster/ports.js';

/** A taker that remembers in memory what it was offered. */
export interface RecordingTaker extends RecordTaker {
  /** Values that were taken, by partition, in order. */
  readonly taken: ReadonlyMap<number, readonly string[]>;
  /** Offset of the next record, by partition. */
  readonly next: Map<number, number>;
  /** What broke the promises made to a taker. */
  readonly faults: readonly string[];
  readonly joins: readonly (readonly number[])[];
  /** How often `align` was called, by partition. */
  readonly aligned: ReadonlyMap<number, number>;
  /** Called before each slice; what it throws or returns is the answer. */
  before: (partition: number, records: readonly RawRecord[]) => Promise<number | undefined>;
}

/** @param next where partitions begin, kept by whoever else shares it */
export function recordingTaker(next = new Map<number, number>()): RecordingTaker {
  const taken = new Map<number, string[]>();
  const expected = new Map<number, number>();
  const aligned = new Map<number, number>();
  const faults: string[] = [];
  const joins: (readonly number[])[] = [];
  const busy = new Set<number>();
  let mine: readonly number[] = [];
  const alone = async <T>(partition: number, what: string, run: () => Promise<T>): Promise<T> => {
    if (busy.has(partition)) faults.push(`${what} of ${partition} while another call is under way`);
    busy.add(partition);
    try {
      return await run();
    } finally {
      busy.delete(partition);
    }
  };
  const taker: RecordingTaker = {
    taken,
    next,
    faults,
    joins,
    aligned,
    before: async () => undefined,
    assigned(partitions) {
      mine = partitions;
      joins.push(partitions);
      expected.clear();
    },
    align: (partition) =>
      alone(partition, 'align', async () => {
        if (!mine.includes(partition)) faults.push(`align of ${partition}, which is not assigned`);
        aligned.set(partition, (aligned.get(partition) ?? 0) + 1);
        const offset = next.get(partition) ?? 0;
        expected.set(partition, offset);
        return offset;
      }),
    take: (partition, records) =>
      alone(partition, 'take', async () => {
        const at = records[0]?.offset;
        if (at !== expected.get(partition)) faults.push(`${partition}: ${at}, expected ${expected.get(partition)}`);
        if (records.some(({ offset }, i) => offset !== Number(at) + i)) faults.push(`${partition}: a gap after ${at}`);
        const instead = await taker.before(partition, records);
        if (instead !== undefined) {
          expected.set(partition, instead);
          return instead;
        }
        const values = records.map(({ value }) => Buffer.from(value ?? []).toString());
        taken.set(partition, [...(taken.get(partition) ?? []), ...values]);
        next.set(partition, Number(at) + records.length);
        expected.set(partition, Number(at) + records.length);
        return undefined;
      }),
  };
  return taker;
}
