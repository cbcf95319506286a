import { ADJUST, type ArmDefinition, type Experiment, type Metric, STATUS } from '../experiment.js';
import { idFault } from '../id.js';
import { show } from '../show.js';
import { type Cursor, complain, type Fields, fields, readName, readOneOf, readText } from './cursor.js';
import { EXPERIMENT_KEYS, type ExperimentKey, FILE_SCHEMA, KEY_HINTS } from './experiment-keys.js';
import { type ArmInFile, readArmName, readArms } from './read-arms.js';
import { readFeatures } from './read-features.js';
import { readJson } from './read-json.js';
import { type MetricContext, proxyMetrics, readMetrics, readReward } from './read-metrics.js';
import { readOuterStages } from './read-outer-stages.js';
import { readPolicy } from './read-policy.js';
import { readGuardrails, readRollout, readShadow } from './read-rollout.js';
import { DAY, readAssignment, readFloor, readUpdate } from './read-schedule.js';
import { readConditions, readOverrides } from './read-targeting.js';

/** What the other parts need to know: read first. */
interface Frame {
  readonly cursor: Cursor;
  readonly get: (key: ExperimentKey) => Cursor | undefined;
  readonly arms: readonly ArmInFile[];
  readonly control: string;
}

function readAllMetrics(
  get: Frame['get'],
  arms: readonly ArmInFile[],
  context: MetricContext,
): {
  readonly reward: Metric | undefined;
  readonly metrics: readonly Metric[];
} {
  const rewardAt = get('reward');
  const reward = rewardAt && readReward(rewardAt, context);
  const metricsAt = get('metrics');
  const declared = metricsAt ? readMetrics(metricsAt, context, reward?.name) : [];
  const taken = new Set([reward?.name, ...declared.map((metric) => metric.name)]);
  const measured = arms.some((arm) => arm.backend !== undefined)
    ? proxyMetrics(reward?.windowMs ?? context.windowMs).filter((metric) => !taken.has(metric.name))
    : [];
  const others = [...declared, ...measured].sort((a, b) => (a.name < b.name ? -1 : 1));
  return { reward, metrics: reward ? [reward, ...others] : others };
}

/** The reward's type before the reward is read in full: the policy's prior depends on it. */
function rewardType(at: Cursor | undefined): Metric['type'] {
  const type = at?.tree.kind === 'map' ? at.tree.entries.find((entry) => entry.key === 'type')?.value : undefined;
  const word = type?.kind === 'scalar' ? type.value : undefined;
  return word === 'bounded' || word === 'count' || word === 'real' ? word : 'binary';
}

function armDefinitions(
  frame: Frame,
  pinned: string | undefined,
  shadow: ReadonlyMap<string, number>,
): readonly ArmDefinition[] {
  const { arms, get } = frame;
  const explicit = pinned === undefined ? undefined : arms.find((arm) => arm.weight !== undefined);
  if (explicit !== undefined) {
    complain(get('arms')!, 'a rollout without a policy puts all weight on its arm', {
      got: `a weight for ${explicit.id}`,
      todo: 'remove the weights, or write policy: fixed',
    });
  }
  const definitions = arms.map((arm): ArmDefinition => {
    const share = shadow.get(arm.id);
    return {
      id: arm.id,
      value: arm.value,
      weight: pinned === undefined ? (arm.weight ?? 1) : arm.id === pinned ? 1 : 0,
      off: arm.off,
      ...(arm.backend === undefined ? {} : { backend: arm.backend }),
      ...(share === undefined ? {} : { shadow: share }),
    };
  });
  return definitions.sort((a, b) => (a.id < b.id ? -1 : 1));
}

function readSalt(at: Cursor | undefined, id: string): string {
  const salt = at && readText(at, 'a salt', 128);
  const fault = salt === undefined ? undefined : idFault(salt);
  if (at && fault !== undefined) complain(at, `a salt that ${fault}`, { got: show(salt) });
  return salt ?? id;
}

/** Keys of which the value is the same in the file and in the experiment, or absent. */
function readPlain(get: Frame['get'], arms: readonly ArmInFile[]) {
  const text = (key: ExperimentKey): string => {
    const at = get(key);
    return (at && readText(at)) ?? '';
  };
  const statusAt = get('status');
  const shipAt = get('ship');
  const ship = shipAt && readArmName(shipAt, arms);
  if (shipAt && arms.some((arm) => arm.id === ship && arm.off)) {
    complain(shipAt, 'an arm that is off cannot be shipped', { got: show(ship), todo: 'remove off, or ship another' });
  }
  return {
    description: text('description'),
    owner: text('owner'),
    status: (statusAt && readOneOf(statusAt, STATUS, 'status')) ?? 'running',
    ...(ship === undefined ? {} : { ship }),
  } as const;
}

/** Kept as written. */
function readOpaque(get: Frame['get']) {
  const at = { gate: get('gate'), features: get('features') };
  if (at.gate && at.gate.tree.kind !== 'map') complain(at.gate, 'a gate is a map', { todo: 'write { … }' });
  const gate = at.gate && readJson(at.gate);
  const features = at.features && readFeatures(at.features);
  return {
    ...(features === undefined ? {} : { features }),
    ...(gate === undefined ? {} : { gate }),
  };
}

function checkHash(at: Cursor | undefined): void {
  const value = at?.tree.kind === 'scalar' ? at.tree.value : undefined;
  if (at && value !== 1)
    complain(at, 'unknown version of the hash', { got: show(value), todo: 'write 1, or remove it' });
}

/** A file of a newer form is refused before anything else in it is judged. */
function isNewer(cursor: Cursor): boolean {
  const { tree } = cursor;
  const entry = tree.kind === 'map' ? tree.entries.find(({ key }) => key === 'schema') : undefined;
  if (entry?.value.kind !== 'scalar' || entry.value.value === FILE_SCHEMA) return false;
  const at = { ...cursor, tree: entry.value, path: 'schema' };
  const { value, source } = entry.value;
  if (typeof value === 'number' && value > FILE_SCHEMA) {
    const todo = 'read it with the version it was written for, or remove what is new';
    complain(at, `the file is written for schema ${source}, and this version reads schema ${FILE_SCHEMA}`, { todo });
  } else complain(at, 'no schema of experiment files', { got: source, todo: `write ${FILE_SCHEMA}, or remove it` });
  return true;
}

/** Parts that a policy cannot do without. */
function checkPolicy(frame: Frame, policy: Experiment['policy'], reward: Metric | undefined): void {
  const { cursor, get } = frame;
  const at = get('policy') ?? cursor;
  if (policy.kind !== 'fixed' && get('reward') === undefined) {
    complain(at, `${policy.kind} learns from a reward, and there is none`, { todo: 'add reward: and a metric' });
  }
  const contextual = policy.kind === 'linear-thompson' || policy.kind === 'logistic-thompson';
  if (contextual && get('features') === undefined) {
    complain(at, `${policy.kind} needs features`, { todo: 'add features:' });
  }
  if (policy.kind === 'logistic-thompson' && reward !== undefined && reward.type !== 'binary') {
    complain(at, 'logistic-thompson learns from a binary reward', { got: reward.type, todo: 'use linear-thompson' });
  }
  if (policy.kind === 'ucb' && policy.variant === 'kl-ucb' && reward !== undefined && reward.range === undefined) {
    complain(at, 'kl-ucb needs a reward with a range', {
      got: `type: ${reward.type} without one`,
      todo: 'add range: [low, high] to the reward, or use variant: ucb1',
    });
  }
}

function compose(frame: Frame, id: string): Experiment {
  const { get, arms, control } = frame;
  const policyAt = get('policy');
  const policy = (policyAt && readPolicy(policyAt, rewardType(get('reward')))) ?? { kind: 'fixed' };
  const moving = policy.kind !== 'fixed';
  const { assign, reassignMs } = readAssignment(get('assign'), get('reassign'), arms, moving);
  const updateMs = readUpdate(get('update'), assign, reassignMs);
  const windowMs = assign === 'request' ? 3_600_000 : (reassignMs ?? 3 * DAY);
  const { reward, metrics } = readAllMetrics(get, arms, { windowMs, updateMs });
  checkPolicy(frame, policy, reward);
  const at = { rollout: get('rollout'), guardrails: get('guardrails'), shadow: get('shadow'), adjust: get('adjust') };
  const rollout = at.rollout && readRollout(at.rollout, arms, control);
  const shadow = at.shadow ? readShadow(at.shadow, arms, control) : new Map<string, number>();
  const targeting = { audience: get('audience'), overrides: get('overrides') };
  checkHash(get('hash'));
  return {
    id,
    ...readPlain(get, arms),
    control,
    arms: armDefinitions(frame, policyAt === undefined ? rollout?.arm : undefined, shadow),
    assign,
    reassignMs,
    policy,
    floor: readFloor(get('floor'), !moving, arms),
    updateMs,
    adjust: (at.adjust && readOneOf(at.adjust, ADJUST, 'adjustment')) ?? 'none',
    ...(reward === undefined ? {} : { reward: reward.name }),
    metrics,
    guardrails: at.guardrails ? readGuardrails(at.guardrails, metrics) : [],
    audience: targeting.audience ? readConditions(targeting.audience) : [],
    overrides: targeting.overrides ? readOverrides(targeting.overrides, arms) : [],
    ...(rollout === undefined ? {} : { rollout }),
    ...readOpaque(get),
    ...readOuterStages(get as Fields),
    salt: readSalt(get('salt'), id),
    hash: 1,
  };
}

/** An experiment from one document; what is wrong is reported, and then the result is not to be used. */
export function readExperiment(cursor: Cursor): Experiment | undefined {
  if (isNewer(cursor)) return undefined;
  const get: Fields = fields(cursor, EXPERIMENT_KEYS, KEY_HINTS);
  if (cursor.tree.kind !== 'map') return undefined;
  const idAt = get('experiment');
  const armsAt = get('arms');
  if (!idAt) complain(cursor, 'an experiment without a name', { todo: 'add experiment: and its name' });
  if (!armsAt) complain(cursor, 'an experiment without arms', { todo: 'add arms: [a, b]' });
  const id = idAt && readName(idAt, 'an experiment');
  const arms = armsAt ? readArms(armsAt) : [];
  const controlAt = get('control');
  const control = (controlAt && readArmName(controlAt, arms)) ?? arms[0]?.id ?? '';
  return compose({ cursor, get, arms, control }, id ?? '');
}
