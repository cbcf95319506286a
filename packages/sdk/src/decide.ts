import type { CatalogueEntry } from './catalogue.js';
import type { CompiledExperiment, CompiledRule } from './compiled-snapshot.js';
import { conditionsHold } from './conditions.js';
import { DecisionRecord, type Moment, type Outcome } from './decision.js';
import type { ErrorCode } from './errors.js';
import { draw, drawKey } from './policies/draw.js';
import { stoppedAt } from './policies/outer-stages.js';
import type { Context } from './protocol/experiment.js';
import { isId } from './protocol/id.js';
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

/** The key of the draw: undefined where the experiment wants a unit and there is none. */
function keyOf(experiment: CompiledExperiment, options: DecideOptions, id: string): string | undefined {
  if (experiment.assign === 'request') return isText(options.requestId) ? options.requestId : id;
  if (!isText(options.unit)) return undefined;
  return experiment.period === undefined ? options.unit : drawKey(options.unit, experiment.period);
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
 * The order: ids that no log would take; an override of the client; no snapshot; an experiment that is not running; the
 * first rule whose conditions hold (nobody's rule: excluded); holdout, layer, traffic; the draw, or the arm
 * kept of an earlier one. What a person decided
 * comes before what a hash decides, and what keeps a unit out of all experiments before what shares it among them.
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
  if (!isLoggable(options.unit) || !isLoggable(options.requestId)) {
    return new DecisionRecord(experiment.undecided, moment, options, 'ID_INVALID');
  }
  if (forced !== undefined) return forcedArm(experiment, forced, options, moment);
  if (!experiment.running) return new DecisionRecord(experiment.disabled, moment, options, undefined);
  const rule = matchingRule(experiment.rules, options);
  if (rule === undefined) return new DecisionRecord(experiment.excluded, moment, options, undefined);
  if (rule.fixed !== undefined) return new DecisionRecord(rule.fixed, moment, options, undefined);
  const key = keyOf(experiment, options, moment.id);
  if (key === undefined) return new DecisionRecord(experiment.undecided, moment, options, 'UNIT_REQUIRED');
  const { stages } = experiment;
  if (stages !== undefined) {
    const stage = stoppedAt(stages.gates, isText(options.unit) ? options.unit : key);
    if (stage !== undefined) return new DecisionRecord(stages.outcomes[stage], moment, options, undefined);
  }
  if (experiment.assign === 'sticky') {
    if (sticky === undefined) return new DecisionRecord(experiment.undecided, moment, options, 'STICKY_STORE_MISSING');
    const { outcome, error } = sticky.decide(experiment, rule, key, moment.now);
    return new DecisionRecord(outcome, moment, options, error);
  }
  const arm = draw(experiment.drawer, rule.weights, key);
  return new DecisionRecord(rule.outcomes[arm]!, moment, options, undefined);
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
