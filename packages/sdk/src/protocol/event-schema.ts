import { z } from 'zod';
import { coded } from './coded.js';
import {
  type ConfigEvent,
  type DecisionEvent,
  EVENT_TYPES,
  type ExposureEvent,
  REASONS,
  type RewardByDecision,
  type RewardByToken,
  type RewardByUnit,
  type SnapshotEvent,
  type TickEvent,
} from './event.js';
import type { Context, Experiment, Scalar } from './experiment.js';
import { idFault } from './id.js';
import { NAME_PATTERN, nameFault } from './name.js';
import { show } from './show.js';
import { timeFault } from './time.js';

const idCode = coded('ID_INVALID', (input) => idFault(input) ?? '');
const nameCode = coded('NAME_INVALID', (input) => `${show(input)} ${nameFault(input) ?? ''}`);
const timeCode = coded('TIME_INVALID', (input) => timeFault(input) ?? '');
const hashCode = coded('HASH_INVALID', (input) => `is ${show(input)}, not sha256: and 64 hexadecimal digits`);
const versionCode = coded('VERSION_INVALID', (input) => `is ${show(input)}, not "epoch.sequence"`);
const reasonCode = coded('REASON_INVALID', (input) => `is ${show(input)}, not one of ${REASONS.join(', ')}`);
const oddsCode = coded('PROPENSITY_INVALID', (input) => `is ${show(input)}, not a number in (0, 1]`);
const shareCode = coded('PROPENSITY_INVALID', (input) => `is ${show(input)}, not a number in [0, 1]`);
const countCode = coded('NUMBER_INVALID', (input) => `is ${show(input)}, not a whole number from 0 to 2^53 - 1`);
const finiteCode = coded('NUMBER_INVALID', (input) => `is ${show(input)}, not a finite number`);
const rewardCode = {
  error: ({ input }: { input?: unknown }) =>
    typeof input === 'number' ? `REWARD_NOT_FINITE is ${input}` : `REWARD_NOT_NUMBER is ${show(input)}`,
};

/** Ids of events, units, requests: any well-formed string of 1 to 128 bytes, compared byte for byte. */
export const idSchema = z
  .string(idCode)
  .min(1, { ...idCode, abort: true })
  .max(128, { ...idCode, abort: true })
  .refine((text) => idFault(text) === undefined, idCode);
export const nameSchema = z
  .string(nameCode)
  .regex(NAME_PATTERN, { ...nameCode, abort: true })
  .refine((text) => nameFault(text) === undefined, nameCode);
export const timeSchema = z
  .string(timeCode)
  .refine((text) => timeFault(text) === undefined, timeCode)
  .meta({ format: 'date-time' });
export const hashSchema = z.string(hashCode).regex(/^sha256:[0-9a-f]{64}$/, hashCode);
export const versionSchema = z.string(versionCode).regex(/^\d{1,10}\.\d{1,15}$/, versionCode);
const count = z
  .number(countCode)
  .refine((value) => Number.isSafeInteger(value) && value >= 0, countCode)
  .overwrite((value) => value + 0)
  .meta({ type: 'integer', minimum: 0 });
const odds = z.number(oddsCode).gt(0, oddsCode).lte(1, oddsCode);
const share = z
  .number(shareCode)
  .gte(0, shareCode)
  .lte(1, shareCode)
  .overwrite((value) => value + 0);
const finite = z.number(finiteCode).overwrite((value) => value + 0);
const reward = z.number(rewardCode).overwrite((value) => value + 0);

const tooMany = (what: string, max: number) => coded('TOO_MANY', () => `has more than ${max} ${what}`);
const atMost = (max: number) => (map: object) => Object.keys(map).length <= max;

const metrics = z
  .record(nameSchema, reward)
  .refine(
    (map) => Object.keys(map).length > 0,
    coded('REWARD_EMPTY', () => 'names no metric'),
  )
  .refine(atMost(64), tooMany('metrics', 64));

const scalarCode = coded('TYPE_INVALID', (input) => `is ${show(input)}, not a string, a finite number or a boolean`);
const scalar = z.union([z.string().max(1024), finite, z.boolean()], scalarCode) satisfies z.ZodType<Scalar>;
const context = z
  .record(z.string().min(1).max(128), scalar)
  .refine(atMost(64), tooMany('attributes', 64)) satisfies z.ZodType<Context>;

const vector = z
  .array(share)
  .min(
    1,
    coded('PROPENSITY_INVALID', () => 'is empty'),
  )
  .max(1000, tooMany('entries', 1000))
  .refine(
    (values) => Math.abs(values.reduce((sum, value) => sum + value, 0) - 1) <= 1e-6,
    coded('PROPENSITY_INVALID', () => 'does not sum to 1'),
  );

const envelope = <Type extends string, Data extends z.ZodType>(type: Type, data: Data) =>
  z.looseObject({
    specversion: z.literal(
      '1.0',
      coded('SPECVERSION_INVALID', (input) => `is ${show(input)}, not "1.0"`),
    ),
    type: z.literal(type),
    source: z.string().min(1).max(256),
    id: idSchema,
    time: timeSchema,
    data,
  });

const target = { unit: idSchema.exactOptional(), request: idSchema.exactOptional() };

const decisionData = z
  .looseObject({
    experiment: nameSchema,
    definition: hashSchema,
    arm: nameSchema,
    propensity: odds,
    snapshot: versionSchema,
    reason: z.enum(REASONS, reasonCode),
    ...target,
    period: count.exactOptional(),
    rule: nameSchema.exactOptional(),
    outer: odds.exactOptional(),
    key: idSchema.exactOptional(),
    exposed: z.boolean().exactOptional(),
    served: nameSchema.exactOptional(),
    context: context.exactOptional(),
    propensities: vector.exactOptional(),
    dropped: count.exactOptional(),
  })
  .refine((data) => data.propensities === undefined || data.propensities.includes(data.propensity), {
    path: ['propensity'],
    error: () => 'PROPENSITY_INVALID is not an entry of propensities',
  });

export const decisionSchema = envelope(EVENT_TYPES.decision, decisionData) satisfies z.ZodType<DecisionEvent>;
export const exposureSchema = envelope(
  EVENT_TYPES.exposure,
  z.looseObject({ experiment: nameSchema, decision: idSchema, ...target }),
) satisfies z.ZodType<ExposureEvent>;

const byDecision = z.looseObject({ experiment: nameSchema, decision: idSchema, ...target, metrics });
const byUnit = z.looseObject({ experiment: nameSchema, unit: idSchema, metrics });
const byToken = z.looseObject({ token: z.string().min(1).max(2048), metrics });
export const rewardByDecisionSchema = envelope(EVENT_TYPES.reward, byDecision satisfies z.ZodType<RewardByDecision>);
export const rewardByUnitSchema = envelope(EVENT_TYPES.reward, byUnit satisfies z.ZodType<RewardByUnit>);
export const rewardByTokenSchema = envelope(EVENT_TYPES.reward, byToken satisfies z.ZodType<RewardByToken>);

export const tickSchema = envelope(
  EVENT_TYPES.tick,
  z.looseObject({ start: z.boolean().exactOptional() }),
) satisfies z.ZodType<TickEvent>;

/** The body is checked by its content hash: it is what this project wrote, or the record is refused. */
const experimentBody = z.custom<Experiment>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  coded('TYPE_INVALID', (input) => `is ${show(input)}, not an object`),
);

export const configSchema = envelope(
  EVENT_TYPES.config,
  z.looseObject({
    experiment: nameSchema,
    definition: hashSchema,
    action: z.enum(['applied', 'removed']),
    effect: z.enum(['keeps-posterior', 'resets-posterior']),
    by: z.string().max(256),
    body: experimentBody,
  }),
) satisfies z.ZodType<ConfigEvent>;

export const snapshotEventSchema = envelope(
  EVENT_TYPES.snapshot,
  z.looseObject({
    experiment: nameSchema,
    version: versionSchema,
    definition: hashSchema,
    arms: z.array(nameSchema).min(1).max(1000),
    rules: z.record(nameSchema, vector),
    means: z.record(nameSchema, z.array(finite)),
    period: count.exactOptional(),
    trials: count.exactOptional(),
    asOf: z.record(z.string().regex(/^\d{1,6}$/), count),
  }),
) satisfies z.ZodType<SnapshotEvent>;
