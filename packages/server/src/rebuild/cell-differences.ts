import type { StatisticsCell } from '@armature/sdk/protocol';

/** A cell of one arm that two states do not have alike; undefined where a state lacks it. */
export interface CellDifference {
  readonly experiment: string;
  readonly version: string;
  readonly rule: string;
  /** Start of the bucket of decision times. */
  readonly bucket: string;
  /** Index in the version's arms. */
  readonly arm: number;
  /** `opened`, the number of trials, or the name of a metric. */
  readonly metric: string;
  readonly kept: unknown;
  readonly log: unknown;
}

type Values = Map<string, readonly [Omit<CellDifference, 'kept' | 'log'>, unknown]>;

function valuesOf(cells: readonly StatisticsCell[]): Values {
  const values: Values = new Map();
  for (const { experiment, version, rule, bucket, arms } of cells) {
    for (const [arm, { opened, metrics }] of arms.entries()) {
      for (const [metric, value] of [['opened', opened] as const, ...Object.entries(metrics)]) {
        const name = { experiment, version, rule, bucket: new Date(bucket).toISOString(), arm, metric };
        values.set(JSON.stringify(name), [name, value]);
      }
    }
  }
  return values;
}

/**
 * Where the statistics of two states differ.
 *
 * @param kept what was kept
 * @param log what the log gives
 */
export function cellDifferences(
  kept: readonly StatisticsCell[],
  log: readonly StatisticsCell[],
): readonly CellDifference[] {
  const [a, b] = [valuesOf(kept), valuesOf(log)];
  return [...new Set([...a.keys(), ...b.keys()])].sort().flatMap((key) => {
    const [name] = a.get(key) ?? b.get(key) ?? [];
    const [left, right] = [a.get(key)?.[1], b.get(key)?.[1]];
    if (name === undefined || JSON.stringify(left) === JSON.stringify(right)) return [];
    return [{ ...name, kept: left, log: right }];
  });
}
