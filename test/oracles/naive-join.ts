import type { Experiment, LogEvent, LogRecord, Metric, SnapshotData } from '@armature/sdk/protocol';

/**
 * An independent joiner for tests: written from the design's sentences, with lists and nested loops, and sharing no
 * code with the fold. For one partition it gives every trial with its rewards as they stood when its metrics closed.
 */
export interface NaiveTrial {
  readonly experiment: string;
  readonly version: string;
  readonly rule: string;
  readonly arm: string;
  readonly time: number;
  readonly definition: string;
  /** Per metric: closed or not at the end of the log, and the combined reward. */
  readonly metrics: { readonly [metric: string]: { readonly counted: boolean; readonly reward: number | undefined } };
}

export interface NaiveWorld {
  readonly definition: (hash: string) => Experiment | undefined;
  readonly version: (experiment: string, version: string) => SnapshotData | undefined;
}

const HOUR = 3_600_000;

interface Moment {
  readonly index: number;
  readonly at: number;
  readonly logTime: number;
  /** Log time until which nothing closes. */
  readonly quietUntil: number;
  readonly event: LogEvent;
}

interface Opened {
  readonly key: string;
  readonly moment: number;
  readonly at: number;
  readonly time: number;
  readonly version: string;
  readonly rule: string;
  readonly arm: string;
  readonly definition: Experiment;
  readonly hash: string;
  readonly unit: string | undefined;
  readonly ids: { readonly id: string; readonly moment: number }[];
}

export function naiveJoin(records: readonly LogRecord<LogEvent>[], world: NaiveWorld): NaiveTrial[] {
  const moments = keepFirstOfEachId(withLogTime(records));
  const times = withLogTime(records);
  const trials = openTrials(moments, world);
  return trials.map((trial) => ({
    experiment: trial.definition.id,
    version: trial.version,
    rule: trial.rule,
    arm: trial.arm,
    time: trial.time,
    definition: trial.hash,
    metrics: Object.fromEntries(
      trial.definition.metrics.map((metric) => [metric.name, outcome(trial, metric, trials, moments, times)]),
    ),
  }));
}

function withLogTime(records: readonly LogRecord<LogEvent>[]): Moment[] {
  let logTime = records[0]?.at ?? 0;
  let quietUntil = 0;
  return records.map(({ at, event }, index) => {
    const behind = at - logTime;
    const start = event.type === 'dev.armature.tick.v1' && event.data.start === true;
    if (behind > HOUR / 6) {
      const since = at - (records[index - 1]?.at ?? at);
      logTime = start ? at : logTime + Math.max(0, Math.min(HOUR / 6, 60 * since));
      quietUntil = Math.max(quietUntil, logTime + HOUR / 6);
    } else if (behind > 0) {
      logTime = at;
      if (start) quietUntil = Math.max(quietUntil, at + Math.min(HOUR / 6, 2 * behind));
    }
    return { index, at, logTime, quietUntil, event };
  });
}

function logTimeAt(moments: readonly Moment[], index: number): number {
  return moments.find((moment) => moment.index === index)?.logTime ?? Number.POSITIVE_INFINITY;
}

/** The first record by which everything due at a log time has closed; past the end where none has. */
function closingIndex(times: readonly Moment[], due: number, opened: number): number {
  const moved = (moment: Moment) => moment.logTime > (times[moment.index - 1]?.logTime ?? 0);
  const found = times.find((moment) => {
    return moment.index > opened && moved(moment) && moment.logTime >= due && moment.logTime >= moment.quietUntil;
  });
  return found?.index ?? Number.POSITIVE_INFINITY;
}

function bornAt(event: LogEvent): number {
  const hex = event.id.replaceAll('-', '');
  return /^[0-9a-f]{12}7[0-9a-f]{19}$/.test(hex) ? Number(`0x${hex.slice(0, 12)}`) : new Date(event.time).getTime();
}

function keepFirstOfEachId(moments: readonly Moment[]): Moment[] {
  const taken = moments.filter(({ event, logTime }) => {
    return event.type !== 'dev.armature.tick.v1' && bornAt(event) >= logTime - 6 * HOUR;
  });
  return taken.filter(({ event, index }) => {
    return !taken.some((earlier) => earlier.index < index && sameKey(earlier.event, event));
  });
}

/** One id is one key in its experiment and type; the UUIDv7 of a decision is one everywhere. */
function sameKey(a: LogEvent, b: LogEvent): boolean {
  if (a.id !== b.id || a.type !== b.type || !('experiment' in a.data && 'experiment' in b.data)) return false;
  if (a.data.experiment === b.data.experiment) return true;
  return a.type === 'dev.armature.decision.v1' && a.id.charAt(14) === '7' && a.id.length === 36;
}

function openTrials(moments: readonly Moment[], world: NaiveWorld): Opened[] {
  const trials: Opened[] = [];
  const newestPeriod = new Map<string, number>();
  /** The first exposure that is there together with the decision: the one that came first waits six hours for the other. */
  const exposureOf = (decision: Moment) =>
    moments.find(({ event, index, logTime }) => {
      if (event.type !== 'dev.armature.exposure.v1' || event.data.decision !== decision.event.id) return false;
      if (!('experiment' in decision.event.data)) return false;
      if (event.data.experiment !== decision.event.data.experiment) return false;
      return Math.abs(logTime - decision.logTime) <= 6 * HOUR && index !== decision.index;
    });
  const counting = moments.flatMap((moment) => {
    const { event } = moment;
    if (event.type !== 'dev.armature.decision.v1') return [];
    if (event.data.reason !== 'split' && event.data.reason !== 'sticky') return [];
    if (event.data.exposed !== false) return [{ moment, event, from: moment }];
    const exposure = exposureOf(moment);
    if (exposure === undefined) return [];
    return [{ moment, event, from: exposure.index > moment.index ? exposure : moment }];
  });
  counting.sort((a, b) => a.from.index - b.from.index);
  for (const { moment, event, from } of counting) {
    const { data } = event;
    const definition = world.definition(data.definition);
    const version = world.version(data.experiment, data.snapshot);
    const rule = data.rule ?? 'policy';
    const k = version?.arms.indexOf(data.arm) ?? -1;
    if (definition === undefined || version?.rules[rule]?.[k] !== data.propensity) continue;
    const epoch = data.snapshot.split('.')[0];
    let key = `decision ${data.experiment} ${event.id}`;
    if (definition.assign !== 'request') key = `unit ${data.experiment} ${epoch} ${data.period} ${data.unit}`;
    else if (data.request !== undefined) key = `request ${data.experiment} ${data.request}`;
    if (definition.assign !== 'request' && data.period !== undefined) {
      const group = `${data.experiment} ${epoch}`;
      const newest = Math.max(data.period, newestPeriod.get(group) ?? data.period);
      newestPeriod.set(group, newest);
      if (data.period <= newest - 3) continue;
    }
    const known = trials.find((trial) => trial.key === key);
    if (known !== undefined) known.ids.push({ id: event.id, moment: from.index });
    else {
      trials.push({
        key,
        moment: from.index,
        at: Math.max(from.at, from.logTime),
        time: Math.min(new Date(event.time).getTime(), moment.at),
        version: data.snapshot,
        rule,
        arm: data.arm,
        definition,
        hash: data.definition,
        unit: data.unit,
        ids: [{ id: event.id, moment: from.index }],
      });
    }
  }
  return trials;
}

function outcome(
  trial: Opened,
  metric: Metric,
  trials: readonly Opened[],
  moments: readonly Moment[],
  times: readonly Moment[],
) {
  const closing = closingIndex(times, trial.at + metric.windowMs + metric.latenessMs, trial.moment);
  const rewards = moments.flatMap((moment) => {
    const { event } = moment;
    if (event.type !== 'dev.armature.reward.v1') return [];
    const value = event.data.metrics[metric.name];
    if (value === undefined || event.data.experiment !== trial.definition.id) return [];
    if (metric.range !== undefined && (value < metric.range[0] || value > metric.range[1])) return [];
    const time = Math.min(new Date(event.time).getTime(), moment.at);
    if (time > trial.time + metric.windowMs) return [];
    if ('decision' in event.data) {
      const { decision } = event.data;
      const named = trial.ids.find(({ id }) => id === decision);
      if (named === undefined || time < trial.time - HOUR / 12) return [];
      const joined = Math.max(moment.index, named.moment);
      const waited = logTimeAt(moments, joined) - moment.logTime;
      return joined < closing && waited <= 6 * HOUR
        ? [{ value, time, id: event.id, order: [joined, 0, moment.index] }]
        : [];
    }
    if (!unitReward(trial, metric, trials, event.data.unit, time, moment, times)) return [];
    return moment.index < closing
      ? [{ value, time, id: event.id, order: [Math.max(moment.index, trial.moment), 1, moment.index] }]
      : [];
  });
  const values = rewards.map(({ value }) => value);
  const byTime = rewards.toSorted((a, b) => a.time - b.time || (a.id < b.id ? -1 : 1));
  let reward: number | undefined;
  if (rewards.length > 0) {
    if (metric.maturity === 'immediate') reward = rewards.toSorted((a, b) => byOrder(a.order, b.order))[0]?.value;
    else if (metric.combine === 'sum') reward = values.reduce((sum, value) => sum + value, 0);
    else if (metric.combine === 'max') reward = Math.max(...values);
    else reward = (metric.combine === 'first' ? byTime[0] : byTime.at(-1))?.value;
  }
  const closed = closing < times.length || (metric.maturity === 'immediate' && reward !== undefined);
  return { counted: closed && (reward !== undefined || metric.missing === 'zero'), reward };
}

/** Joined first; of those that had waited for the same decision, the ones that name it, then by arrival. */
function byOrder(a: readonly number[], b: readonly number[]): number {
  return a.map((value, i) => value - (b[i] ?? 0)).find((difference) => difference !== 0) ?? 0;
}

/** A unit's reward goes to the open trials in whose window it lies, as its metric says; if there are none, to the next. */
function unitReward(
  trial: Opened,
  metric: Metric,
  trials: readonly Opened[],
  unit: string,
  time: number,
  moment: Moment,
  times: readonly Moment[],
): boolean {
  if (trial.unit !== unit) return false;
  const candidates = trials.filter((other) => {
    const same = other.definition.id === trial.definition.id && other.unit === unit;
    return same && other.time <= time && time <= other.time + metric.windowMs;
  });
  const there = candidates.filter((other) => other.moment < moment.index && moment.index < lastClosing(other, times));
  if (there.length === 0) {
    const waited = (times[trial.moment]?.logTime ?? 0) - moment.logTime;
    return waited <= 6 * HOUR && candidates.find((other) => other.moment > moment.index) === trial;
  }
  if (metric.attribute === 'all') return there.includes(trial);
  const sorted = there.toSorted((a, b) => a.time - b.time);
  return (metric.attribute === 'first' ? sorted[0] : sorted.at(-1)) === trial;
}

function lastClosing(trial: Opened, times: readonly Moment[]): number {
  const longest = Math.max(...trial.definition.metrics.map((metric) => metric.windowMs + metric.latenessMs));
  return closingIndex(times, trial.at + longest, trial.moment);
}
