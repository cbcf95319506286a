import { SNAPSHOT_REFUSED } from './client-errors.js';
import { type CompiledStages, compileStages, stageFault } from './compiled-stages.js';
import { isOperator } from './conditions.js';
import type { Outcome } from './decision.js';
import { clientError } from './errors.js';
import { type Drawer, periodSuffix, prepareDraw } from './policies/draw.js';
import { stageOdds } from './policies/outer-stages.js';
import type { Reason } from './protocol/event.js';
import type { Assign, Condition } from './protocol/experiment.js';
import type { Rule, Snapshot, SnapshotExperiment } from './protocol/snapshot.js';

/** A rule, ready to serve: one outcome per arm, and the only one possible where nothing is drawn. */
export interface CompiledRule {
  readonly conditions: readonly Condition[];
  readonly weights: readonly number[];
  readonly outcomes: readonly Outcome[];
  readonly fixed: Outcome | undefined;
}

/** An experiment, ready to decide: everything that does not depend on the request. */
export interface CompiledExperiment {
  readonly assign: Assign;
  readonly running: boolean;
  readonly period: number | undefined;
  /** What is drawn by is the unit and this. */
  readonly suffix: string;
  /** Key of what is kept for `assign: sticky`: the experiment, its log and its learning epoch. */
  readonly lineage: string;
  readonly reward: string | undefined;
  readonly arms: readonly string[];
  readonly drawer: Drawer;
  readonly rules: readonly CompiledRule[];
  /** Undefined where everybody reaches the draw. */
  readonly stages: CompiledStages | undefined;
  /** The outcome of an arm that was not drawn. */
  readonly undrawn: (arm: number, reason: Reason) => Outcome;
  readonly disabled: Outcome;
  readonly excluded: Outcome;
  readonly undecided: Outcome;
}

export interface CompiledSnapshot {
  readonly source: Snapshot;
  readonly experiments: ReadonlyMap<string, CompiledExperiment>;
  /** Those of the running experiments of `assign: sticky`. */
  readonly lineages: readonly string[];
}

const SUM_TOLERANCE = 1e-9;

function refuse(path: string, got: unknown): never {
  throw clientError(SNAPSHOT_REFUSED, { got: `${path} ${String(JSON.stringify(got)).slice(0, 80)}` });
}

const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === 'string' && value.length > 0;

/**
 * Order of two versions "epoch.sequence": negative where `a` is older than `b`.
 */
export function compareVersions(a: string, b: string): number {
  const [epochA = 0, sequenceA = 0] = a.split('.').map(Number);
  const [epochB = 0, sequenceB = 0] = b.split('.').map(Number);
  return epochA - epochB || sequenceA - sequenceB;
}

const isVersion = (value: unknown): value is string => typeof value === 'string' && /^\d{1,15}\.\d{1,15}$/.test(value);

function checkRule(path: string, rule: Rule, arms: number): void {
  if (!isObject(rule) || !isText(rule.id)) refuse(`${path}.id`, rule);
  const { weights } = rule;
  if (!Array.isArray(weights) || weights.length !== arms) refuse(`${path}.weights`, weights);
  let sum = 0;
  for (const weight of weights) {
    if (!(typeof weight === 'number' && weight >= 0 && weight <= 1)) refuse(`${path}.weights`, weights);
    sum += weight;
  }
  if (!(Math.abs(sum - 1) <= SUM_TOLERANCE)) refuse(`${path}.weights with sum ${sum}`, weights);
  if (rule.randomised === false && !weights.includes(1)) refuse(`${path}.weights, not randomised,`, weights);
  const conditions: unknown = rule.if ?? [];
  if (!Array.isArray(conditions)) refuse(`${path}.if`, conditions);
  for (const condition of conditions) {
    if (!isObject(condition) || !isText(condition.attribute) || !isOperator(condition.op)) {
      refuse(`${path}.if`, condition);
    }
  }
}

/** Refuses what `decide` could not trust. The server has checked the rest. */
function checkExperiment(path: string, experiment: SnapshotExperiment): void {
  if (!isObject(experiment)) refuse(path, experiment);
  const { arms, control, values, rules } = experiment;
  if (!isVersion(experiment.version)) refuse(`${path}.version`, experiment.version);
  if (experiment.hash !== 1) refuse(`${path}.hash`, experiment.hash);
  if (typeof experiment.salt !== 'string') refuse(`${path}.salt`, experiment.salt);
  if (!isText(experiment.definition)) refuse(`${path}.definition`, experiment.definition);
  if (!Array.isArray(arms) || arms.length === 0 || !arms.every(isText)) refuse(`${path}.arms`, arms);
  if (new Set(arms).size !== arms.length || arms.includes('__proto__')) refuse(`${path}.arms`, arms);
  if (!arms.includes(control)) refuse(`${path}.control`, control);
  if (values !== undefined && (!Array.isArray(values) || values.length !== arms.length))
    refuse(`${path}.values`, values);
  if (experiment.period !== undefined && !Number.isSafeInteger(experiment.period)) {
    refuse(`${path}.period`, experiment.period);
  }
  const stage = stageFault(experiment);
  if (stage !== undefined) refuse(`${path}.${stage}`, experiment[stage]);
  if (!Array.isArray(rules)) refuse(`${path}.rules`, rules);
  rules.forEach((rule, r) => {
    checkRule(`${path}.rules[${r}]`, rule, arms.length);
  });
}

function vector(arms: readonly string[], weights: readonly number[]): { readonly [arm: string]: number } {
  const record: { [arm: string]: number } = {};
  arms.forEach((arm, k) => {
    record[arm] = weights[k]!;
  });
  return Object.freeze(record);
}

/** What stands before the dot of a version. */
const epochOf = (version: string): string => version.slice(0, version.indexOf('.'));

function compileExperiment(name: string, experiment: SnapshotExperiment, log: string): CompiledExperiment {
  const { arms, values, assign, period } = experiment;
  const control = arms.indexOf(experiment.control);
  const common = {
    experiment: name,
    snapshot: experiment.version,
    definition: experiment.definition,
    period,
  };
  const outcome = (arm: number): Pick<Outcome, 'arm' | 'value' | keyof typeof common> => ({
    ...common,
    arm: arms[arm]!,
    value: values === undefined ? arms[arm] : values[arm],
  });
  const undrawn = (arm: number, reason: Reason, rule?: string): Outcome => {
    const oneHot = arms.map((_, k) => (k === arm ? 1 : 0));
    const propensities = vector(arms, oneHot);
    return { ...outcome(arm), reason, randomised: false, propensity: 1, propensities, rule, outer: undefined };
  };
  const stages = compileStages(experiment, (reason) => undrawn(control, reason));
  const outer = stages === undefined ? undefined : stageOdds(experiment).drawn;
  const compileRule = ({ id, weights, randomised, reason, if: conditions = [] }: Rule): CompiledRule => {
    if (randomised === false) {
      const fixed = undrawn(weights.indexOf(1), reason === 'static' ? 'static' : 'override', id);
      return { conditions, weights, outcomes: [], fixed };
    }
    const propensities = vector(arms, weights);
    const drawn = (propensity: number, k: number): Outcome => ({
      ...outcome(k),
      reason: 'split',
      randomised: true,
      propensity,
      propensities,
      rule: id,
      outer,
    });
    return { conditions, weights, outcomes: weights.map(drawn), fixed: undefined };
  };
  return {
    assign,
    running: experiment.status === 'running',
    period,
    suffix: period === undefined ? '' : periodSuffix(period),
    lineage: `${name}/${log}.${epochOf(experiment.version)}`,
    reward: experiment.reward,
    arms,
    drawer: prepareDraw('draw', experiment.salt, arms),
    rules: experiment.rules.map(compileRule),
    stages,
    undrawn,
    disabled: undrawn(control, 'disabled'),
    excluded: undrawn(control, 'excluded'),
    undecided: undrawn(control, 'default'),
  };
}

/**
 * Checks a snapshot and prepares everything about it that does not depend on a request.
 *
 * @param snapshot what a transport, a cache or the caller handed over
 * @throws ArmatureError SNAPSHOT_REFUSED, naming the first fault
 */
export function compileSnapshot(snapshot: Snapshot): CompiledSnapshot {
  if (!isObject(snapshot)) refuse('snapshot', snapshot);
  if (snapshot.schema !== 1) refuse('schema', snapshot.schema);
  if (!isVersion(snapshot.version)) refuse('version', snapshot.version);
  if (!isObject(snapshot.experiments)) refuse('experiments', snapshot.experiments);
  const experiments = new Map<string, CompiledExperiment>();
  for (const [name, experiment] of Object.entries(snapshot.experiments)) {
    checkExperiment(`experiments.${name}`, experiment);
    experiments.set(name, compileExperiment(name, experiment, epochOf(snapshot.version)));
  }
  const sticky = [...experiments.values()].filter(({ assign, running }) => assign === 'sticky' && running);
  return { source: snapshot, experiments, lineages: sticky.map(({ lineage }) => lineage) };
}
