export interface OpenTrials {
  readonly open: number;
  /** Log time at which the first of them closes, ms. */
  readonly firstClosesAt: number;
}

/** Open trials of several partitions, per experiment. */
export function mergeOpenTrials(parts: readonly ReadonlyMap<string, OpenTrials>[]): Map<string, OpenTrials> {
  const merged = new Map<string, OpenTrials>();
  for (const part of parts) {
    for (const [experiment, { open, firstClosesAt }] of part) {
      const known = merged.get(experiment);
      merged.set(experiment, {
        open: open + (known?.open ?? 0),
        firstClosesAt: Math.min(firstClosesAt, known?.firstClosesAt ?? Number.POSITIVE_INFINITY),
      });
    }
  }
  return merged;
}
