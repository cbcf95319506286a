import type { CompiledExperiment, CompiledRule } from '../compiled-snapshot.js';
import type { Outcome } from '../decision.js';
import { draw } from '../policies/draw.js';
import type { StickyOutcome, StickyRecord } from '../sticky.js';

/** What is known of the unit. */
export interface KnownRecords {
  /** Records that the store holds, by key. */
  readonly kept: ReadonlyMap<string, StickyRecord>;
  /** Records drawn here that the store has not confirmed yet. */
  readonly drawn: ReadonlyMap<string, StickyRecord>;
  /** Whether the store was read lately, so that what is not in `kept` did not exist. */
  readonly fresh: boolean;
}

function recordOf(outcome: Outcome, key: string, time: number): StickyRecord {
  const { arm, propensities, snapshot, definition, rule = 'policy', outer } = outcome;
  const record = { key, arm, propensities, snapshot, definition, rule, time };
  return outer === undefined ? record : { ...record, outer };
}

/** A kept arm is what it was when it was drawn; only its value is today's. */
function keptOutcome(drawn: Outcome, record: StickyRecord): Outcome {
  const { arm, propensities, snapshot, definition, rule, outer } = record;
  const propensity = propensities[arm]!;
  return { ...drawn, reason: 'sticky', propensity, propensities, snapshot, definition, rule, outer };
}

/**
 * Decides an experiment of `assign: sticky`: the arm that the unit was drawn once, with the probability it had then. A
 * unit without one is drawn now, by the hash of `assign: unit`, and kept.
 *
 * An arm of weight 0 (killed, removed, capped) is served to nobody: its units are drawn among the others, which is kept
 * beside the first record, and come back when the arm does.
 *
 * Where the unit's records were not loaded its draw is served and offered to the store, which keeps the earlier one if
 * there is one; the error is then STICKY_NOT_LOADED.
 *
 * @param keep remembers a draw and hands it to the store
 */
export function decideSticky(
  experiment: CompiledExperiment,
  rule: CompiledRule,
  unit: string,
  now: number,
  { kept, drawn, fresh }: KnownRecords,
  keep: (record: StickyRecord) => void,
): StickyOutcome {
  for (let key = experiment.lineage; ; ) {
    const known = kept.get(key);
    const record = known ?? drawn.get(key);
    const error = known === undefined && !fresh ? 'STICKY_NOT_LOADED' : undefined;
    if (record === undefined) {
      const outcome = rule.outcomes[draw(experiment.drawer, rule.weights, unit)]!;
      keep(recordOf(outcome, key, now));
      return { outcome, error };
    }
    const arm = experiment.arms.indexOf(record.arm);
    if (rule.weights[arm]! > 0) {
      if (known === undefined) keep(record);
      return { outcome: keptOutcome(rule.outcomes[arm]!, record), error };
    }
    key += `!${record.arm}`;
  }
}
