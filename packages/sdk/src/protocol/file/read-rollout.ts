import type { Guardrail, Metric, Rollout } from '../experiment.js';
import { nearest } from '../nearest.js';
import { show } from '../show.js';
import { type Cursor, complain, fields, items, readOneOf, readText } from './cursor.js';
import { readDuration, readNumber, readQuantity, readShare } from './quantities.js';
import { type ArmInFile, readArmName } from './read-arms.js';

const STATISTICS = ['mean', 'p50', 'p90', 'p95', 'p99'] as const;
const BOUNDS = ['min', 'max', 'min_change', 'max_change'] as const;
const ON_BREACH = ['rollback', 'pause'] as const;

function readSteps(cursor: Cursor): readonly number[] {
  const list = items(cursor, 'shares');
  if (cursor.tree.kind === 'list' && list.length === 0) complain(cursor, 'a rollout has at least one step');
  const steps: number[] = [];
  for (const at of list) {
    const step = readShare(at, { positive: true });
    if (step === undefined) continue;
    const before = steps.at(-1);
    if (before === undefined || step > before) steps.push(step);
    else complain(at, 'steps only rise', { got: `${step * 100}% after ${before * 100}%` });
  }
  return steps;
}

/** A guarded ramp of one arm. */
export function readRollout(cursor: Cursor, arms: readonly ArmInFile[], control: string): Rollout | undefined {
  const get = fields(cursor, ['arm', 'steps', 'bake', 'max_bake', 'on_breach']);
  if (cursor.tree.kind !== 'map') return undefined;
  const at = {
    arm: get('arm'),
    steps: get('steps'),
    bake: get('bake'),
    max: get('max_bake'),
    breach: get('on_breach'),
  };
  if (!at.arm) complain(cursor, 'a rollout without an arm', { todo: 'add arm: and its name' });
  if (!at.steps) complain(cursor, 'a rollout without steps', { todo: 'add steps: [1%, 10%, 100%]' });
  const arm = at.arm && readArmName(at.arm, arms);
  if (at.arm && arm === control) {
    complain(at.arm, 'the control arm cannot be rolled out', {
      got: show(arm),
      todo: 'name another arm, or another control',
    });
  }
  const bakeMs = (at.bake && readDuration(at.bake)) ?? 600_000;
  const maxBakeMs = (at.max && readDuration(at.max)) ?? Math.max(86_400_000, bakeMs);
  if (at.max && maxBakeMs < bakeMs) complain(at.max, 'max_bake is shorter than bake');
  const onBreach = (at.breach && readOneOf(at.breach, ON_BREACH, 'reaction')) ?? 'rollback';
  const steps = at.steps ? readSteps(at.steps) : [];
  return arm === undefined ? undefined : { arm, steps, bakeMs, maxBakeMs, onBreach };
}

function readMetricName(cursor: Cursor, known: readonly string[]): string | undefined {
  const name = readText(cursor, 'a metric');
  if (name === undefined || known.includes(name)) return name;
  const near = nearest(name, known);
  const all = known.length === 0 ? 'declare it under metrics' : `known: ${known.join(', ')}`;
  return complain(cursor, 'unknown metric', {
    got: show(name),
    todo: near === undefined ? all : `did you mean ${near}?`,
  });
}

function readGuardrail(cursor: Cursor, metrics: readonly Metric[]): Guardrail | undefined {
  const get = fields(cursor, [...STATISTICS, ...BOUNDS, 'min_samples']);
  if (cursor.tree.kind !== 'map') return undefined;
  const named = STATISTICS.filter((statistic) => get(statistic) !== undefined);
  const statistic = named[0];
  if (statistic === undefined || named.length > 1) {
    return complain(cursor, `a guardrail has one of ${STATISTICS.join(', ')}`, {
      todo: 'write { mean: error, max: 1% }',
    });
  }
  const metric = readMetricName(
    get(statistic)!,
    metrics.map(({ name }) => name),
  );
  const at = { min: get('min'), max: get('max'), minChange: get('min_change'), maxChange: get('max_change') };
  if (Object.values(at).every((bound) => bound === undefined)) {
    complain(cursor, 'a guardrail without a bound', { todo: `add one of ${BOUNDS.join(', ')}` });
  }
  const min = at.min && readQuantity(at.min);
  const max = at.max && readQuantity(at.max);
  const minChange = at.minChange && readShare(at.minChange, { min: -1, max: 10 });
  const maxChange = at.maxChange && readShare(at.maxChange, { min: -1, max: 10 });
  const samplesAt = get('min_samples');
  const minSamples = (samplesAt && readNumber(samplesAt, 1)) ?? 100;
  if (samplesAt && !Number.isInteger(minSamples))
    complain(samplesAt, 'a whole number is needed', { got: String(minSamples) });
  if (metric === undefined) return undefined;
  return {
    metric,
    statistic,
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(minChange === undefined ? {} : { minChange }),
    ...(maxChange === undefined ? {} : { maxChange }),
    minSamples,
  };
}

/** Bounds that a rollout must keep. */
export function readGuardrails(cursor: Cursor, metrics: readonly Metric[]): readonly Guardrail[] {
  return items(cursor, 'guardrails')
    .map((item) => readGuardrail(item, metrics))
    .filter((guardrail) => guardrail !== undefined);
}

/** Arms that get copies of requests and serve none: a name, { arm, share }, or a list of these. Share by arm. */
export function readShadow(cursor: Cursor, arms: readonly ArmInFile[], control: string): ReadonlyMap<string, number> {
  const shares = new Map<string, number>();
  for (const item of cursor.tree.kind === 'list' ? items(cursor, 'arms') : [cursor]) {
    const get = item.tree.kind === 'map' ? fields(item, ['arm', 'share']) : undefined;
    const armAt = get ? get('arm') : item;
    if (armAt === undefined) complain(item, 'a shadow without an arm', { todo: 'add arm: and its name' });
    const arm = armAt && readArmName(armAt, arms);
    const shareAt = get?.('share');
    const share = (shareAt && readShare(shareAt, { positive: true })) ?? 1;
    if (armAt && arm === control) complain(armAt, 'the control arm serves, it cannot be a shadow', { got: show(arm) });
    else if (arm !== undefined) shares.set(arm, share);
  }
  return shares;
}
