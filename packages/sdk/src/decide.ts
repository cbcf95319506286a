import type { CatalogueEntry } from './catalogue.js';
import type { CompiledExperiment, CompiledRule } from './compiled-snapshot.js';
import { conditionsHold } from './conditions.js';
import { DecisionRecord, type Moment, type Outcome } from './decision.js';
import { encodeId } from './decision-id.js';
import type { ErrorCode } from './errors.js';
import { drawEncoded } from './policies/draw.js';
import { stoppedAt, stoppedEncoded } from './policies/outer-stages.js';
import { appendAscii, encodeUtf8, isPrintable } from './policies/utf8.js';
import type { Context } from './protocol/experiment.js';
import { isId, MAX_ID_BYTES } from './protocol/id.js';
import type { StickyAssignment } from './sticky.js';

/** What a caller tells about one decision. */
export interface DecideOptions<Arm extends string = string> {
  /** Who: required where the experiment is assigned by unit, logged where it is given. */
  readonly unit?: string | undefined;
  /** What rules may ask about. Nothing of it is logged unless the experiment declares it. */
  readonly context?: Context | undefined;
  /** Key of the draw where each request is randomised: the same requestId is the same draw and the same trial. */
  readonly requestId?: string | undefined;
  /** False when the arm may never be seen: the decision counts once `exposure` is called. @default true */
  readonly expose?: boolean | undefined;
  /** The arm to serve while no snapshot has the experiment. @default the control arm known from the code */
  readonly default?: Arm | undefined;
}

/** What a client knows of one experiment when it decides. */
export interface Subject {
  readonly name: string;
  /** From the snapshot. */
  readonly experiment: CompiledExperiment | undefined;
  /** From the code. */
  readonly known: CatalogueEntry | undefined;
  /** An arm forced by the client's `overrides`. */
  readonly forced: string | undefined;
  /** Why `experiment` is missing. */
  readonly absent: ErrorCode;
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

/** Whether the log takes it: an id, or nothing. */
const isLoggable = (value: unknown): boolean => !isText(value) || isId(value);

/** An outcome that no snapshot backs. */
function unbacked(subject: Subject, arm: string, reason: 'default' | 'override'): Outcome {
  const { known, name } = subject;
  const arms: { readonly [arm: string]: unknown } = known?.arms ?? {};
  const propensities: { [arm: string]: number } = {};
  for (const other of Object.keys(arms)) propensities[other] = 0;
  propensities[arm] = 1;
  return {
    experiment: name,
    arm,
    value: Object.hasOwn(arms, arm) ? arms[arm] : undefined,
    reason,
    randomised: false,
    propensity: 1,
    propensities: Object.freeze(propensities),
    snapshot: '',
    definition: '',
    rule: undefined,
    period: undefined,
    outer: undefined,
  };
}

function matchingRule(rules: readonly CompiledRule[], options: DecideOptions): CompiledRule | undefined {
  for (const rule of rules) {
    if (rule.conditions.length === 0 || conditionsHold(rule.conditions, options.context, options.unit)) return rule;
  }
  return undefined;
}

/** The arm known from the code, where there is nothing to decide by. */
export function fallback(subject: Subject, options: DecideOptions, moment: Moment, error: ErrorCode): DecisionRecord {
  const arm = options.default ?? subject.known?.control ?? '';
  return new DecisionRecord(unbacked(subject, String(arm), 'default'), moment, options, error);
}

/**
 * Decides one experiment for one request. Id and time come in with `moment`; what is drawn for `assign: sticky` goes
 * to the memory of `sticky`, and nothing else is changed.
 *
 * The order: an override of the client; no snapshot; an experiment that is not running; the first rule whose conditions
 * hold (nobody's rule: excluded); holdout, layer, traffic; the draw, or the arm kept of an earlier one. What a person
 * decided comes before what a hash decides, and what keeps a unit out of all experiments before what shares it among
 * them. A unit or a requestId that the log would refuse is refused wherever the order ends.
 */
export function decide(
  subject: Subject,
  options: DecideOptions,
  moment: Moment,
  sticky?: StickyAssignment,
): DecisionRecord {
  const { experiment, forced } = subject;
  if (experiment === undefined) {
    const { known } = subject;
    if (forced === undefined) return fallback(subject, options, moment, subject.absent);
    if (known && !Object.hasOwn(known.arms, forced)) return fallback(subject, options, moment, 'UNKNOWN_ARM');
    return new DecisionRecord(unbacked(subject, forced, 'override'), moment, options, undefined);
  }
  const rule = forced === undefined && experiment.running ? matchingRule(experiment.rules, options) : undefined;
  if (rule === undefined || rule.fixed !== undefined) {
    const settled = rule?.fixed ?? (experiment.running ? experiment.excluded : experiment.disabled);
    if (!isLoggable(options.unit) || !isLoggable(options.requestId)) {
      return undecided(experiment, options, moment, 'ID_INVALID');
    }
    if (forced !== undefined) return forcedArm(experiment, forced, options, moment);
    return new DecisionRecord(settled, moment, options, undefined);
  }
  if (experiment.assign === 'request') return decideRequest(experiment, rule, options, moment);
  return decideUnit(experiment, rule, options, moment, sticky);
}

function undecided(
  experiment: CompiledExperiment,
  options: DecideOptions,
  moment: Moment,
  error: ErrorCode,
): DecisionRecord {
  return new DecisionRecord(experiment.undecided, moment, options, error);
}

/** Each request is drawn: by its id, or else the decision's. The stages ask about the unit where there is one. */
function decideRequest(
  experiment: CompiledExperiment,
  rule: CompiledRule,
  options: DecideOptions,
  moment: Moment,
): DecisionRecord {
  const { unit, requestId } = options;
  const { stages } = experiment;
  if (!isLoggable(unit) || !isLoggable(requestId)) return undecided(experiment, options, moment, 'ID_INVALID');
  const key = isText(requestId) ? requestId : moment.id;
  const stage = stages && stoppedAt(stages.gates, isText(unit) ? unit : key);
  if (stage !== undefined) return new DecisionRecord(stages!.outcomes[stage], moment, options, undefined);
  const arm = drawEncoded(experiment.drawer, rule.weights, encodeId(key));
  return new DecisionRecord(rule.outcomes[arm]!, moment, options, undefined);
}

/** Each unit is drawn, in its period. It is written out once, for the check, for all stages and for the draw. */
function decideUnit(
  experiment: CompiledExperiment,
  rule: CompiledRule,
  options: DecideOptions,
  moment: Moment,
  sticky: StickyAssignment | undefined,
): DecisionRecord {
  const { unit, requestId } = options;
  const { stages } = experiment;
  if (!isText(unit)) return undecided(experiment, options, moment, 'UNIT_REQUIRED');
  const length = encodeUnit(unit);
  if (length < 0 || !isLoggable(requestId)) return undecided(experiment, options, moment, 'ID_INVALID');
  const stage = stages && stoppedEncoded(stages.gates, length);
  if (stage !== undefined) return new DecisionRecord(stages!.outcomes[stage], moment, options, undefined);
  if (experiment.assign === 'sticky') {
    if (sticky === undefined) return undecided(experiment, options, moment, 'STICKY_STORE_MISSING');
    const { outcome, error } = sticky.decide(experiment, rule, unit, moment.now);
    return new DecisionRecord(outcome, moment, options, error);
  }
  const arm = drawEncoded(experiment.drawer, rule.weights, appendAscii(length, experiment.suffix));
  return new DecisionRecord(rule.outcomes[arm]!, moment, options, undefined);
}

/** Writes a unit for the hashes that follow. @returns its bytes, or -1 where it is no id */
function encodeUnit(unit: string): number {
  if (unit.length > MAX_ID_BYTES) return -1;
  const length = encodeUtf8(unit);
  return isPrintable() || isId(unit) ? length : -1;
}

function forcedArm(
  experiment: CompiledExperiment,
  forced: string,
  options: DecideOptions,
  moment: Moment,
): DecisionRecord {
  const arm = experiment.arms.indexOf(forced);
  if (arm < 0) return new DecisionRecord(experiment.undecided, moment, options, 'UNKNOWN_ARM');
  return new DecisionRecord(experiment.undrawn(arm, 'override'), moment, options, undefined);
}
