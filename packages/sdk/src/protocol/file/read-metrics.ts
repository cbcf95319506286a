import { ATTRIBUTE, COMBINE, MATURITY, METRIC_TYPES, type Metric, type MetricType, MISSING } from '../experiment.js';
import { show } from '../show.js';
import { below, type Cursor, complain, type Fields, fields, items, readKey, readName, readOneOf } from './cursor.js';
import { readDuration, readNumber } from './quantities.js';

export const METRIC_KEYS = [
  'type',
  'range',
  'better',
  'window',
  'lateness',
  'missing',
  'maturity',
  'combine',
  'attribute',
] as const;
const BETTER = ['higher', 'lower'] as const;

/** What the rest of the experiment says about its metrics. */
export interface MetricContext {
  /** Attribution window where a metric gives none, ms. */
  readonly windowMs: number;
  /** Least time between two versions, ms. */
  readonly updateMs: number;
}

/** A tenth of the window, at least 200 ms and at most a minute. */
const defaultLateness = (windowMs: number): number => Math.min(60_000, Math.max(200, Math.round(windowMs / 10)));

const COMBINE_OF: { readonly [type in MetricType]: Metric['combine'] } = {
  binary: 'max',
  bounded: 'max',
  count: 'sum',
  real: 'sum',
};

function readRange(cursor: Cursor): readonly [number, number] | undefined {
  const ends = items(cursor, 'two numbers');
  if (cursor.tree.kind !== 'list') return undefined;
  if (ends.length !== 2)
    return complain(cursor, 'a range has two ends', { got: String(ends.length), todo: 'write [0, 1]' });
  const [low, high] = [readNumber(ends[0]!), readNumber(ends[1]!)];
  if (low === undefined || high === undefined) return undefined;
  if (low < high) return [low, high];
  return complain(cursor, 'a range whose low end is not below its high end', { got: `[${low}, ${high}]` });
}

function rangeOf(cursor: Cursor, get: Fields, type: MetricType): readonly [number, number] | undefined {
  const at = get('range');
  const range = at && readRange(at);
  if (type === 'binary') {
    if (at && range && (range[0] !== 0 || range[1] !== 1)) {
      complain(at, 'a binary metric is 0 or 1', { got: `[${range.join(', ')}]`, todo: 'use type: bounded' });
    }
    return [0, 1];
  }
  if (type === 'bounded' && at === undefined) {
    complain(cursor, 'a bounded metric needs its range', { todo: 'add range: [low, high]' });
  }
  if (type === 'count' && at && range && range[0] < 0) {
    complain(at, 'counts are never negative', { got: `[${range.join(', ')}]`, todo: 'use type: real' });
  }
  return range;
}

/** How several rewards of a trial become one: a sum must be able to stay inside the metric's type. */
function combineOf(get: Fields, type: MetricType, immediate: boolean): Metric['combine'] {
  const [at, rangeAt] = [get('combine'), get('range')];
  const combine = (at && readOneOf(at, COMBINE, 'combine')) ?? (immediate ? 'first' : COMBINE_OF[type]);
  if (at && immediate && combine !== 'first') {
    complain(at, 'an immediate metric counts its first reward', {
      got: combine,
      todo: 'write combine: first, or remove it',
    });
  } else if (at && combine === 'sum' && (type === 'binary' || type === 'bounded')) {
    const todo = type === 'binary' ? 'use type: count' : 'use type: real';
    complain(at, `a sum of ${type} rewards leaves their range`, { got: combine, todo });
  } else if (combine === 'sum' && rangeAt) {
    // The range is that of a trial too: policies scale by it, and a report reads it as what can happen.
    complain(at ?? rangeAt, 'a sum of rewards may leave the range', {
      got: at ? combine : `${type}, whose rewards are summed by default`,
      todo: 'write combine: max, first or last, or remove the range',
    });
  }
  return combine;
}

/** A missing reward that counts as 0 is a reward like any other: it must lie inside the range. */
function checkZero(cursor: Cursor, get: Fields, missing: Metric['missing'], range: Metric['range']): void {
  if (missing !== 'zero' || range === undefined || (range[0] <= 0 && 0 <= range[1])) return;
  complain(get('missing') ?? get('range') ?? cursor, 'a missing reward counts as 0, outside the range', {
    got: `[${range.join(', ')}]`,
    todo: 'write missing: ignored, or a range that holds 0',
  });
}

function missingOf(get: Fields, maturity: Metric['maturity'], windowMs: number, updateMs: number): Metric['missing'] {
  const at = get('missing');
  const missing = (at && readOneOf(at, MISSING, 'missing')) ?? (maturity === 'immediate' ? 'ignored' : 'zero');
  if (at && maturity === 'immediate' && missing === 'zero' && windowMs > updateMs) {
    complain(at, 'an immediate metric cannot take missing rewards for zeros before its window is over', {
      got: missing,
      todo: 'write missing: ignored, or maturity: closed, or a window no longer than update',
    });
  }
  return missing;
}

function metricOf(cursor: Cursor, name: string, get: Fields, context: MetricContext): Metric {
  const at = (key: string) => get(key);
  const typeAt = at('type');
  const type = (typeAt && readOneOf(typeAt, METRIC_TYPES, 'type of metric')) ?? 'binary';
  const maturityAt = at('maturity');
  const maturity = (maturityAt && readOneOf(maturityAt, MATURITY, 'maturity')) ?? 'closed';
  const windowAt = at('window');
  const windowMs = (windowAt && readDuration(windowAt)) ?? context.windowMs;
  const latenessAt = at('lateness');
  const betterAt = at('better');
  const attributeAt = at('attribute');
  const range = rangeOf(cursor, get, type);
  const missing = missingOf(get, maturity, windowMs, context.updateMs);
  checkZero(cursor, get, missing, range);
  return {
    name,
    type,
    ...(range === undefined ? {} : { range }),
    better: (betterAt && readOneOf(betterAt, BETTER, 'direction')) ?? 'higher',
    windowMs,
    latenessMs: (latenessAt && readDuration(latenessAt, 0)) ?? defaultLateness(windowMs),
    missing,
    maturity,
    combine: combineOf(get, type, maturity === 'immediate'),
    attribute: (attributeAt && readOneOf(attributeAt, ATTRIBUTE, 'attribution')) ?? 'last',
  };
}

const HINTS = { name: 'the name is metric in reward, and the key in metrics', prior: 'priors belong to policy' };

/** The metric that is learnt from: its name, or { metric, type, … }. */
export function readReward(cursor: Cursor, context: MetricContext): Metric | undefined {
  if (cursor.tree.kind !== 'map') {
    const name = readName(cursor, 'a metric');
    return name === undefined ? undefined : metricOf(cursor, name, () => undefined, context);
  }
  const get = fields(cursor, ['metric', ...METRIC_KEYS], HINTS);
  const nameAt = get('metric');
  if (nameAt === undefined) complain(cursor, 'a reward without a metric', { todo: 'add metric: and its name' });
  const name = nameAt && readName(nameAt, 'a metric');
  return metricOf(cursor, name ?? '', get, context);
}

/** The secondary metrics, by name. */
export function readMetrics(cursor: Cursor, context: MetricContext, reward: string | undefined): readonly Metric[] {
  const { tree } = cursor;
  if (tree.kind !== 'map') return complain(cursor, 'a map from names to metrics is needed') ?? [];
  const metrics: Metric[] = [];
  for (const { key, keyTree, value } of tree.entries) {
    const member = below(cursor, key, value);
    const name = readKey(member, keyTree, 'a metric');
    if (name === undefined) continue;
    if (name === reward) {
      complain(member, 'the reward is a metric already', {
        got: show(name),
        todo: 'keep it in reward',
        at: keyTree.at,
      });
      continue;
    }
    const empty = value.kind === 'scalar' && value.value === null;
    metrics.push(metricOf(member, name, empty ? () => undefined : fields(member, METRIC_KEYS, HINTS), context));
  }
  return metrics;
}

/** What the inference proxy measures by itself of every request. */
export function proxyMetrics(windowMs: number): readonly Metric[] {
  const metric = (name: string, type: MetricType): Metric => ({
    name,
    type,
    ...(type === 'binary' ? { range: [0, 1] as const } : {}),
    better: 'lower',
    windowMs,
    latenessMs: defaultLateness(windowMs),
    missing: 'ignored',
    maturity: 'immediate',
    combine: 'first',
    attribute: 'last',
  });
  return [metric('bytes', 'count'), metric('error', 'binary'), metric('latency_ms', 'real'), metric('tokens', 'count')];
}
