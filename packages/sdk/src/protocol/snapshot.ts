import type { Holdout, Layer } from '../policies/outer-stages.js';
import type { Assign, Condition, JsonValue, Status } from './experiment.js';

/** One way an experiment decides: the first rule whose conditions all hold serves the request. */
export interface Rule {
  readonly id: string;
  readonly if?: readonly Condition[];
  /** In the experiment's arm order, at most nine decimals, sum exactly 1 in billionths. */
  readonly weights: readonly number[];
  /** false: overrides and pinned arms, which enter neither learning nor inference. Default true. */
  readonly randomised?: boolean;
  /** Why, when not randomised. Default `split` when randomised, else `override`. */
  readonly reason?: 'override' | 'static';
}

/** What a client needs to decide one experiment. */
export interface SnapshotExperiment {
  /** The experiment's own version, "epoch.sequence"; decisions name it. */
  readonly version: string;
  /** Period index for `assign: unit` with periods: part of the hashed key. */
  readonly period?: number;
  readonly hash: 1;
  readonly salt: string;
  /** Content hash of the definition the weights were computed under. */
  readonly definition: string;
  readonly assign: Assign;
  readonly status: Status;
  readonly control: string;
  /** Code-point order; the order of every vector. */
  readonly arms: readonly string[];
  /** Present where any arm has a value other than its id. */
  readonly values?: readonly JsonValue[];
  /** The metric that a bare reward value means. */
  readonly reward?: string;
  /** The stages before the draw of a randomised rule, in this order; an absent one lets everybody pass. */
  readonly holdout?: Holdout;
  readonly layer?: Layer;
  /** Share of units that takes part, in (0, 1). */
  readonly traffic?: number;
  readonly rules: readonly Rule[];
}

/** What the server serves at `GET /v1/snapshot`. */
export interface Snapshot {
  readonly schema: 1;
  /** "epoch.sequence" of the whole. */
  readonly version: string;
  /** sha256 of the canonical JSON of `experiments`. */
  readonly hash: string;
  readonly issued: string;
  readonly experiments: { readonly [experiment: string]: SnapshotExperiment };
}
