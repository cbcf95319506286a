import { DEDUPE_HORIZON_MS, FUTURE_TOLERANCE_MS, type Registry } from '@armature/analysis/fold';
import {
  type DecisionData,
  type DecisionEvent,
  EVENT_TYPES,
  type ExposureEvent,
  nearest,
  type RewardEvent,
} from '@armature/sdk/protocol';
import { outerFault } from './check-outer.js';
import { type Fault, fault } from './fault.js';
import type { KnownExperiment, KnownExperiments } from './known-experiments.js';

/** What an event is judged by: the definitions and versions that are durable, and the time. */
export interface Judgement {
  readonly registry: Registry;
  readonly known: KnownExperiments;
  readonly now: number;
  /** Log time, ms since the epoch: ahead of `now` where the clock was wrong once. The fold goes by it. */
  readonly logTime: number;
}

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** When an id was made: the time inside a UUIDv7, else the event's own time. */
function creationOf(id: string, time: number): number {
  if (id.length !== 36 || !UUID_V7.test(id)) return time;
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

/** Whether an event of right shape may enter the log; undefined when it may. Changes nothing. */
export function checkEvent(event: DecisionEvent | RewardEvent | ExposureEvent, by: Judgement): Fault | undefined {
  const time = Date.parse(event.time);
  const untimely = checkTime(event.id, time, by);
  if (untimely !== undefined) return untimely;
  const { experiment } = event.data;
  const known = by.known.get(experiment);
  if (known === undefined) return unknownExperiment(experiment, by);
  if (event.type === EVENT_TYPES.decision) return checkDecision(event.data, time, known, by);
  if (known.byUnit && event.data.unit === undefined) {
    const got = `unit is missing, and ${experiment} is assigned by unit`;
    return fault('REQUIRED', '/data/unit', got, 'send the unit that the decision named: it says where the decision is');
  }
  if (event.type === EVENT_TYPES.reward) return checkReward(event, time, known);
  return undefined;
}

function checkTime(id: string, time: number, { now, logTime }: Judgement): Fault | undefined {
  const created = creationOf(id, time);
  if (created < now - DEDUPE_HORIZON_MS) {
    return fault('EVENT_TOO_OLD', '/id', `the event was made at ${iso(created)}, more than six hours ago`);
  }
  if (created < logTime - DEDUPE_HORIZON_MS) {
    const got = `the event was made at ${iso(created)}, more than six hours before the log's ${iso(logTime)}`;
    return fault('EVENT_TOO_OLD', '/id', got, "the server's clock was ahead when the log was written");
  }
  const latest = Math.max(created, time);
  if (latest > now + FUTURE_TOLERANCE_MS) {
    const advice = "correct the clock by the server's Date header";
    return fault('TIME_INVALID', '/time', `the event is from ${iso(latest)}, and it is ${iso(now)}`, advice);
  }
  return undefined;
}

function iso(time: number): string {
  return new Date(time).toISOString();
}

function unknownExperiment(name: string, by: Judgement): Fault {
  const close = nearest(
    name,
    by.known.all().map((each) => each.id),
  );
  const advice = close === undefined ? undefined : `did you mean ${close}?`;
  return fault('UNKNOWN_EXPERIMENT', '/data/experiment', `no experiment ${JSON.stringify(name)}`, advice);
}

function checkDecision(data: DecisionData, time: number, known: KnownExperiment, by: Judgement): Fault | undefined {
  const definition = by.registry.definition(data.definition);
  if (definition === undefined || definition.id !== known.id) {
    return fault('UNKNOWN_DEFINITION', '/data/definition', `${known.id} had no definition ${data.definition}`);
  }
  const arms = definition.arms.map((arm) => arm.id);
  if (!arms.includes(data.arm)) return unknownArm(data.arm, arms);
  const outer = outerFault(data, definition);
  if (outer !== undefined) return outer;
  if (data.reason !== 'split' && data.reason !== 'sticky') return undefined;
  if (known.endedAt !== undefined && time > known.endedAt) {
    return fault('EXPERIMENT_ENDED', '/data/experiment', `${known.id} ended at ${iso(known.endedAt)}`);
  }
  if (definition.assign !== 'request' && data.unit === undefined) {
    return fault('REQUIRED', '/data/unit', `unit is missing, and ${known.id} is assigned by ${definition.assign}`);
  }
  if (data.reason === 'sticky' && definition.assign !== 'sticky') {
    const got = `reason is sticky, and ${known.id} is assigned by ${definition.assign}`;
    return fault('REASON_MISMATCH', '/data/reason', got);
  }
  return checkVersion(data, known, by);
}

/**
 * A randomised decision must have been drawn from a vector that is in the log, or carry its own. A sticky one names the
 * version that its unit was drawn from once, which may be any of those before.
 */
function checkVersion(data: DecisionData, known: KnownExperiment, by: Judgement): Fault | undefined {
  const version = by.registry.version(known.id, data.snapshot);
  if (version === undefined) {
    return fault('UNKNOWN_SNAPSHOT', '/data/snapshot', `${known.id} had no version ${data.snapshot}`);
  }
  if (version.definition !== data.definition) {
    const got = `version ${data.snapshot} is of ${version.definition}`;
    return fault('UNKNOWN_DEFINITION', '/data/definition', got, 'send version and definition of one snapshot');
  }
  const index = version.arms.indexOf(data.arm);
  if (index < 0) return unknownArm(data.arm, version.arms);
  const rule = data.rule ?? 'policy';
  const vector = version.rules[rule];
  if (vector === undefined) {
    const got = `version ${data.snapshot} draws by ${Object.keys(version.rules).join(', ') || 'no rule'}`;
    return fault('UNKNOWN_RULE', '/data/rule', `rule is ${JSON.stringify(rule)}, and ${got}`);
  }
  if (vector[index] !== data.propensity) {
    const got = `propensity is ${data.propensity}, and version ${data.snapshot} gives ${data.arm} ${vector[index]}`;
    return fault('PROPENSITY_MISMATCH', '/data/propensity', got);
  }
  if (version.period !== data.period) {
    const got = `period is ${data.period ?? 'missing'}, and version ${data.snapshot} has ${version.period ?? 'none'}`;
    return fault('PERIOD_MISMATCH', '/data/period', got);
  }
  return undefined;
}

function unknownArm(arm: string, arms: readonly string[]): Fault {
  const close = nearest(arm, arms);
  const advice = close === undefined ? `known: ${arms.join(', ')}` : `did you mean ${close}? known: ${arms.join(', ')}`;
  return fault('UNKNOWN_ARM', '/data/arm', `no arm ${JSON.stringify(arm)}`, advice);
}

/** The squares of larger rewards, weighed by small probabilities and summed, leave the doubles. */
export const LARGEST_REWARD = 1e100;

function checkReward(event: RewardEvent, time: number, known: KnownExperiment): Fault | undefined {
  const { metrics } = event.data;
  for (const [name, value] of Object.entries(metrics)) {
    const pointer = `/data/metrics/${name}`;
    const metric = known.metrics.get(name);
    if (metric === undefined) {
      const names = [...known.metrics.keys()];
      const close = nearest(name, names);
      const list = names.length === 0 ? `${known.id} has no metric` : `known: ${names.join(', ')}`;
      const advice = close === undefined ? list : `did you mean ${close}?`;
      return fault('UNKNOWN_METRIC', pointer, `${known.id} has no metric ${JSON.stringify(name)}`, advice);
    }
    if (Math.abs(value) > LARGEST_REWARD) {
      const advice = `send a reward between -${LARGEST_REWARD} and ${LARGEST_REWARD}`;
      return fault('REWARD_OUT_OF_RANGE', pointer, `${name} is ${value}, whose square is no number`, advice);
    }
    const range = metric.range ?? (metric.type === 'binary' ? ([0, 1] as const) : undefined);
    if (range !== undefined && !(value >= range[0] && value <= range[1])) {
      return fault('REWARD_OUT_OF_RANGE', pointer, `${name} is ${value}, outside ${range[0]} .. ${range[1]}`);
    }
    if (metric.type === 'binary' && value !== 0 && value !== 1) {
      return fault('REWARD_OUT_OF_RANGE', pointer, `${name} is ${value}, and binary`, 'send 0 or 1');
    }
    if (metric.type === 'count' && !(Number.isSafeInteger(value) && value >= 0)) {
      return fault('REWARD_OUT_OF_RANGE', pointer, `${name} is ${value}, and a count`, 'send a whole number >= 0');
    }
    if (known.endedAt !== undefined && time > known.endedAt + metric.windowMs + metric.latenessMs) {
      return fault('EXPERIMENT_ENDED', '/data/experiment', `${known.id} ended at ${iso(known.endedAt)}`);
    }
  }
  return undefined;
}
