import type { z } from 'zod';
import { contentHash } from './canonical-json.js';
import { type WireFault, wireFaults } from './coded.js';
import type { DecisionEvent, ExposureEvent, RewardEvent, TokenRewardEvent } from './event.js';
import { type ConfigEvent, type ConfigLogEvent, EVENT_TYPES, type LogEvent, type SnapshotEvent } from './event.js';
import {
  configSchema,
  decisionSchema,
  exposureSchema,
  rewardByDecisionSchema,
  rewardByTokenSchema,
  rewardByUnitSchema,
  snapshotEventSchema,
  tickSchema,
} from './event-schema.js';
import { nearest } from './nearest.js';
import { show } from './show.js';

/** What a client may send. */
export type WireEvent = DecisionEvent | RewardEvent | TokenRewardEvent | ExposureEvent;

export type ParsedEvent<E> =
  | { readonly ok: true; readonly event: E }
  | { readonly ok: false; readonly faults: readonly WireFault[] };

type Fields = { readonly [key: string]: unknown };

const fail = (pointer: string, code: WireFault['code'], detail: string): ParsedEvent<never> => ({
  ok: false,
  faults: [{ pointer, code, detail }],
});

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** zod leaves `__proto__` out of what it returns; a key that vanishes without a word is refused instead. */
function forbiddenKey(event: Fields): string | undefined {
  const { data } = event;
  const inner: Fields = isFields(data) ? data : {};
  const places = [
    ['', event],
    ['/data', data],
    ['/data/metrics', inner.metrics],
    ['/data/context', inner.context],
  ] as const;
  return places.find(([, value]) => isFields(value) && Object.hasOwn(value, '__proto__'))?.[0];
}

function run<E>(schema: z.ZodType<E>, value: unknown): ParsedEvent<E> {
  const result = schema.safeParse(value, { reportInput: true });
  return result.success ? { ok: true, event: result.data } : { ok: false, faults: wireFaults(result.error.issues) };
}

/** The schema of a reward, by what it names: a token, a decision, or a unit. */
function parseReward(value: Fields, tokens: boolean): ParsedEvent<RewardEvent | TokenRewardEvent> {
  if (!isFields(value.data)) return run(rewardByDecisionSchema, value);
  const { token, decision, unit, experiment } = value.data;
  if (token !== undefined && tokens) {
    if (decision === undefined && experiment === undefined) return run(rewardByTokenSchema, value);
    return fail('/data', 'REWARD_TARGET', 'data names both a token and what the token already says');
  }
  if (decision !== undefined) return run(rewardByDecisionSchema, value);
  if (unit !== undefined) return run(rewardByUnitSchema, value);
  return fail('/data', 'REWARD_TARGET', 'data names neither a token, nor a decision, nor a unit');
}

function parseAs<E>(
  value: unknown,
  parsers: { readonly [type: string]: (event: Fields) => ParsedEvent<E> },
): ParsedEvent<E> {
  if (!isFields(value)) return fail('', 'EVENT_INVALID', `the event is ${show(value)}, not an object`);
  const forbidden = forbiddenKey(value);
  if (forbidden !== undefined) return fail(forbidden, 'JSON_FORBIDDEN_KEY', 'an object has the key __proto__');
  const { type } = value;
  if (type === undefined) return fail('/type', 'REQUIRED', 'type is missing');
  const parser = typeof type === 'string' && Object.hasOwn(parsers, type) ? parsers[type] : undefined;
  if (parser !== undefined) return parser(value);
  const types = Object.keys(parsers);
  const close = typeof type === 'string' ? nearest(type, types) : undefined;
  const advice = close === undefined ? `known: ${types.join(', ')}` : `did you mean ${close}?`;
  return fail('/type', 'UNKNOWN_TYPE', `type is ${show(type)}, ${advice}`);
}

const wireParsers = {
  [EVENT_TYPES.decision]: (event: Fields) => run(decisionSchema, event),
  [EVENT_TYPES.reward]: (event: Fields) => parseReward(event, true),
  [EVENT_TYPES.exposure]: (event: Fields) => run(exposureSchema, event),
};

/**
 * An event that a client sent: a decision, a reward (also by token) or an exposure. Nothing is coerced: a reward is a
 * JSON number, an id is a string. -0 becomes 0. Fields that are not known are kept.
 *
 * @param value one item of a batch, as JSON.parse gives it
 * @returns the event, or its faults with codes and JSON pointers relative to it (at most 32); never throws
 * @example
 * parseEvent({ specversion: '1.0' }) // => { ok: false, faults: [{ pointer: '/type', code: 'REQUIRED', detail: 'type is missing' }] }
 */
export function parseEvent(value: unknown): ParsedEvent<WireEvent> {
  return parseAs<WireEvent>(value, wireParsers);
}

const logParsers = {
  ...wireParsers,
  [EVENT_TYPES.reward]: (event: Fields) => parseReward(event, false) as ParsedEvent<RewardEvent>,
  [EVENT_TYPES.tick]: (event: Fields) => run(tickSchema, event),
};

/**
 * An event of a log partition: what a client may send, tokens replaced by their claims, and ticks.
 *
 * @returns as parseEvent
 * @example
 * parseLogEvent(null).ok // => false
 */
export function parseLogEvent(value: unknown): ParsedEvent<LogEvent> {
  return parseAs<LogEvent>(value, logParsers);
}

function parseConfig(value: Fields): ParsedEvent<ConfigEvent> {
  const parsed = run(configSchema, value);
  if (!parsed.ok) return parsed;
  const { experiment, definition, body } = parsed.event.data;
  if (body.id !== experiment) return fail('/data/body/id', 'NAME_INVALID', `the body is of ${show(body.id)}`);
  let hash: string;
  try {
    hash = contentHash(body);
  } catch (error) {
    return fail('/data/body', 'HASH_INVALID', `body has no hash: ${error instanceof Error ? error.message : ''}`);
  }
  if (hash === definition) return parsed;
  return fail('/data/definition', 'HASH_INVALID', `definition is ${definition}, and the body's hash ${hash}`);
}

function parseSnapshotEvent(value: Fields): ParsedEvent<SnapshotEvent> {
  const parsed = run(snapshotEventSchema, value);
  if (!parsed.ok) return parsed;
  const { arms, rules, means } = parsed.event.data;
  for (const [part, vectors] of [
    ['rules', rules],
    ['means', means],
  ] as const) {
    for (const [name, vector] of Object.entries(vectors)) {
      if (vector.length === arms.length) continue;
      const detail = `${name} has ${vector.length} entries for ${arms.length} arms`;
      return fail(`/data/${part}/${name}`, 'TYPE_INVALID', detail);
    }
  }
  return parsed;
}

/**
 * A record of the config log: a definition, whose hash must be its body's, or a version with its vectors.
 *
 * @returns as parseEvent
 * @example
 * parseConfigLogEvent([]).ok // => false
 */
export function parseConfigLogEvent(value: unknown): ParsedEvent<ConfigLogEvent> {
  return parseAs<ConfigLogEvent>(value, {
    [EVENT_TYPES.config]: parseConfig,
    [EVENT_TYPES.snapshot]: parseSnapshotEvent,
  });
}
