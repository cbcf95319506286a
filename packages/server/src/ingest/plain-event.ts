import {
  type DecisionEvent,
  EVENT_TYPES,
  type ExposureEvent,
  REASONS,
  type RewardEvent,
  type TokenRewardEvent,
} from '@armature/sdk/protocol';

const ID = /^[\x20-\x7e]{1,128}$/;
const NAME = /^[a-z0-9][a-z0-9_.-]{0,63}$/;
const HASH = /^sha256:[0-9a-f]{64}$/;
const VERSION = /^\d{1,10}\.\d{1,15}$/;
/** Days up to 28 are in every month: other times are left to the full parser. */
const TIME = /^20\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?Z$/;

const ENVELOPE = new Set(['specversion', 'type', 'source', 'id', 'time', 'data']);
const DECISION = new Set([
  'experiment',
  'definition',
  'arm',
  'propensity',
  'snapshot',
  'reason',
  'unit',
  'request',
  'period',
  'outer',
]);
const REWARD = new Set(['experiment', 'decision', 'unit', 'request', 'metrics', 'token']);
const REASON = new Set<unknown>(REASONS);

type Fields = { readonly [key: string]: unknown };

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function only(value: Fields, keys: ReadonlySet<string>): boolean {
  for (const key in value) if (!keys.has(key)) return false;
  return true;
}

const matches = (value: unknown, pattern: RegExp): boolean => typeof value === 'string' && pattern.test(value);
const isName = (value: unknown): boolean => matches(value, NAME) && value !== 'constructor' && value !== 'prototype';
const mayMatch = (value: unknown, pattern: RegExp): boolean => value === undefined || matches(value, pattern);

/**
 * Whether an item is an event in the plainest form, which the full parser would give back as it is. `false` says
 * nothing: the full parser has the last word, and the words. It is here because most events are plain, and this costs
 * a tenth of the schema.
 */
export function isPlainEvent(item: unknown): item is DecisionEvent | RewardEvent | TokenRewardEvent | ExposureEvent {
  if (!isFields(item) || !only(item, ENVELOPE)) return false;
  const { specversion, type, source, id, time, data } = item;
  if (specversion !== '1.0' || !matches(source, ID) || !matches(id, ID) || !matches(time, TIME)) return false;
  if (!isFields(data) || !mayMatch(data.unit, ID) || !mayMatch(data.request, ID)) return false;
  if (type === EVENT_TYPES.decision) return isPlainDecision(data);
  if (type === EVENT_TYPES.reward) return isPlainReward(data);
  return false;
}

const isOdds = (value: unknown): boolean => typeof value === 'number' && value > 0 && value <= 1;

function isPlainDecision(data: Fields): boolean {
  const { outer, propensity, period } = data;
  return (
    only(data, DECISION) &&
    isName(data.experiment) &&
    matches(data.definition, HASH) &&
    isName(data.arm) &&
    matches(data.snapshot, VERSION) &&
    REASON.has(data.reason) &&
    isOdds(propensity) &&
    (outer === undefined || isOdds(outer)) &&
    (period === undefined || (Number.isSafeInteger(period) && (period as number) > 0))
  );
}

function isPlainReward(data: Fields): boolean {
  if (!only(data, REWARD)) return false;
  const { token, experiment, decision, unit, request } = data;
  if (token !== undefined) {
    const named = experiment ?? decision ?? unit ?? request;
    if (named !== undefined || typeof token !== 'string' || token === '' || token.length > 2048) return false;
  } else if (!isName(experiment) || !(decision === undefined ? unit !== undefined : matches(decision, ID)))
    return false;
  else if (decision === undefined && request !== undefined) return false;
  const { metrics } = data;
  if (!isFields(metrics)) return false;
  let count = 0;
  for (const name in metrics) {
    const value = metrics[name];
    if (!isName(name) || typeof value !== 'number' || !Number.isFinite(value) || Object.is(value, -0)) return false;
    count += 1;
  }
  return count > 0 && count <= 64;
}
