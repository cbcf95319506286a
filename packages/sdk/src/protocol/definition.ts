import { canonicalJson, contentHash } from './canonical-json.js';
import type { Experiment, Metric } from './experiment.js';

/** An experiment under the hash of its content: immutable, and a record in the config log before events name it. */
export interface Definition {
  readonly hash: string;
  readonly body: Experiment;
}

/**
 * The definition of an experiment: the content hash of the complete experiment, so that the same file gives the same
 * definition everywhere.
 *
 * @throws NOT_CANONICAL for a value that no parser of this package returns
 * @example
 * definitionOf(parseExperiments('experiment: a\narms: [x, y]', 'a.yaml').experiments[0]).hash.slice(0, 7) // => 'sha256:'
 */
export function definitionOf(experiment: Experiment): Definition {
  return { hash: contentHash(experiment), body: experiment };
}

export type ChangeEffect = 'keeps-posterior' | 'resets-posterior';

/** What a reward means: a change of any of these makes old and new rewards incomparable. */
function meaningOf(metric: Metric | undefined): unknown {
  if (metric === undefined) return null;
  const { name, type, range, better, windowMs, missing, maturity, combine, attribute } = metric;
  return { name, type, range, better, windowMs, missing, maturity, combine, attribute };
}

const rewardOf = (experiment: Experiment): Metric | undefined =>
  experiment.metrics.find((metric) => metric.name === experiment.reward);

/** What is randomised, and by which hash: a change of any of these draws every unit anew. */
function randomisationOf(experiment: Experiment): unknown {
  const { assign, reassignMs, salt, hash } = experiment;
  return { assign, reassignMs, salt, hash };
}

const same = (a: unknown, b: unknown): boolean => canonicalJson(a) === canonicalJson(b);

/**
 * What a change does to what was learnt.
 *
 * | change | effect |
 * |---|---|
 * | reward: another metric, its type, range, direction, window, missing, maturity, combine, attribute | resets |
 * | `assign`, `reassign`, `salt`, `hash` | resets |
 * | the value or the backend of an arm that was there before | resets |
 * | an arm added, removed, killed (`off`) or revived; weights, `floor`, `policy` and its prior, `update`, `adjust` | keeps |
 * | `status`, `ship`, `control`, `rollout`, `guardrails`, `gate`, `shadow`, `audience`, `traffic`, `layer`, `holdout`, `overrides` | keeps |
 * | secondary metrics, lateness, `features`, `description`, `owner` | keeps |
 *
 * An arm that is removed and comes back later under the same name is compared with nothing, and keeps what it had.
 *
 * @example
 * changeEffect(...['a', 'b'].map((salt) => parseExperiments(`experiment: a\narms: [x, y]\nsalt: ${salt}`, 'a.yaml').experiments[0])) // => 'resets-posterior'
 */
export function changeEffect(before: Experiment, after: Experiment): ChangeEffect {
  const arms = new Map(before.arms.map((arm) => [arm.id, arm]));
  const changedArm = after.arms.some((arm) => {
    const earlier = arms.get(arm.id);
    if (earlier === undefined) return false;
    return !same([arm.value, arm.backend ?? null], [earlier.value, earlier.backend ?? null]);
  });
  const keeps =
    !changedArm &&
    same(meaningOf(rewardOf(before)), meaningOf(rewardOf(after))) &&
    same(randomisationOf(before), randomisationOf(after));
  return keeps ? 'keeps-posterior' : 'resets-posterior';
}
