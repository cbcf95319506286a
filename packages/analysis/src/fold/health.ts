import type { Health } from '@armature/sdk/protocol';

export type MutableHealth = { -readonly [Key in keyof Health]: Health[Key] };
export type HealthCount = { [Key in keyof Health]: Health[Key] extends number ? Key : never }[keyof Health];

/** Health of an experiment of which nothing was counted yet. */
export function emptyHealth(): MutableHealth {
  return {
    decisions: 0,
    notRandomised: {},
    repeated: 0,
    rewards: 0,
    duplicates: 0,
    late: 0,
    unmatched: 0,
    uncounted: 0,
    invalid: 0,
    propensityMismatch: 0,
    tooOld: 0,
    dropped: 0,
  };
}

/** Adds to one counter of one experiment. */
export function count(health: Map<string, MutableHealth>, experiment: string, what: HealthCount, by = 1): void {
  healthFor(health, experiment)[what] += by;
}

/** Counts a decision that was not randomised. */
export function countNotRandomised(health: Map<string, MutableHealth>, experiment: string, reason: string): void {
  const entry = healthFor(health, experiment);
  entry.notRandomised = { ...entry.notRandomised, [reason]: (entry.notRandomised[reason] ?? 0) + 1 };
}

function healthFor(health: Map<string, MutableHealth>, experiment: string): MutableHealth {
  let entry = health.get(experiment);
  if (entry === undefined) {
    entry = emptyHealth();
    health.set(experiment, entry);
  }
  return entry;
}

/** Adds up the health of several partitions. */
export function mergeHealth(parts: readonly ReadonlyMap<string, Health>[]): Map<string, Health> {
  const merged = new Map<string, MutableHealth>();
  for (const part of parts) {
    for (const [experiment, health] of part) {
      const into = healthFor(merged, experiment);
      for (const key of Object.keys(health) as (keyof Health)[]) {
        if (key === 'notRandomised') {
          const reasons = { ...into.notRandomised };
          for (const [reason, n] of Object.entries(health.notRandomised)) reasons[reason] = (reasons[reason] ?? 0) + n;
          into.notRandomised = reasons;
        } else into[key] += health[key];
      }
    }
  }
  return merged;
}

/** The health of one partition, by experiment. */
export function healthOf(state: { readonly health: ReadonlyMap<string, Health> }): ReadonlyMap<string, Health> {
  return state.health;
}
