import { z } from 'zod';
import { canonicalJson, contentHash } from './canonical-json.js';
import { coded, type WireFault, wireFaults } from './coded.js';
import { hashSchema, idSchema, nameSchema, timeSchema, versionSchema } from './event-schema.js';
import { ASSIGN, type Condition, OPERATORS, STATUS } from './experiment.js';
import { show } from './show.js';
import type { Rule, Snapshot, SnapshotExperiment } from './snapshot.js';

const BILLION = 1_000_000_000;

const invalid = (what: (input: unknown) => string) => coded('SNAPSHOT_INVALID', what);
const scalar = z.union([z.string().max(1024), z.number(), z.boolean()]);
const condition = z.looseObject({
  attribute: idSchema,
  op: z.enum(
    OPERATORS,
    invalid((input) => `is ${show(input)}, an operator this version does not have`),
  ),
  value: z.union([scalar, z.array(scalar).max(1000)]),
}) satisfies z.ZodType<Condition>;

/** A weight is a whole number of billionths: what is drawn from is what is logged, digit for digit. */
const weightCode = invalid((input) => `is ${show(input)}, not a share of at most nine decimals`);
const weight = z
  .number(weightCode)
  .gte(0, weightCode)
  .lte(1, weightCode)
  .refine((value) => Math.round(value * BILLION) / BILLION === value, weightCode)
  .overwrite((value) => value + 0);

const sumOf = (weights: readonly number[]): number =>
  weights.reduce((sum, value) => sum + Math.round(value * BILLION), 0);

const rule = z.looseObject({
  id: nameSchema,
  if: z.array(condition).max(64).exactOptional(),
  weights: z
    .array(weight)
    .max(1000)
    .refine(
      (weights) => sumOf(weights) === BILLION,
      invalid((input) => `sums to ${Array.isArray(input) ? sumOf(input) / BILLION : show(input)}, not to 1`),
    ),
  randomised: z.boolean().exactOptional(),
  reason: z.enum(['override', 'static']).exactOptional(),
}) satisfies z.ZodType<Rule>;

const count = z.number().refine(
  (value) => Number.isSafeInteger(value) && value >= 0,
  invalid((n) => `is ${show(n)}`),
);

type Report = (path: readonly (string | number)[], what: string) => void;

/** What ties the parts of an experiment together: order, lengths, the control arm, the rules' names. */
function checkParts({ arms, control, rules, values, layer, traffic }: SnapshotExperiment, report: Report): void {
  const at = arms.findIndex((arm, i) => i > 0 && !(arms[i - 1]! < arm));
  if (at !== -1) report(['arms', at], `is not in code-point order after ${show(arms[at - 1])}`);
  if (!arms.includes(control)) report(['control'], `is ${show(control)}, which is no arm`);
  if (values !== undefined && values.length !== arms.length) {
    report(['values'], `has ${values.length} entries for ${arms.length} arms`);
  }
  if (layer !== undefined && layer.slot[0] >= layer.slot[1]) report(['layer', 'slot'], 'does not end after it begins');
  if (traffic === 0) report(['traffic'], 'is 0, and nobody would take part');
  for (const [i, { id, weights }] of rules.entries()) {
    if (weights.length !== arms.length) {
      report(['rules', i, 'weights'], `has ${weights.length} entries for ${arms.length} arms`);
    }
    if (rules.findIndex((other) => other.id === id) !== i)
      report(['rules', i, 'id'], `is ${show(id)} for the second time`);
  }
}

export const snapshotExperimentSchema = z
  .looseObject({
    version: versionSchema,
    period: count.exactOptional(),
    hash: z.literal(
      1,
      invalid((input) => `is ${show(input)}, and this version draws by hash 1`),
    ),
    salt: idSchema,
    definition: hashSchema,
    assign: z.enum(ASSIGN),
    status: z.enum(STATUS),
    control: nameSchema,
    arms: z.array(nameSchema).min(1).max(1000),
    values: z.array(z.json()).max(1000).exactOptional(),
    reward: nameSchema.exactOptional(),
    holdout: z.looseObject({ name: nameSchema.exactOptional(), share: weight }).exactOptional(),
    layer: z.looseObject({ name: nameSchema, slot: z.tuple([weight, weight]) }).exactOptional(),
    traffic: weight.exactOptional(),
    rules: z.array(rule).min(1).max(1000),
  })
  .check(({ value, issues }) => {
    checkParts(value as SnapshotExperiment, (path, what) => {
      issues.push({ code: 'custom', input: value, path: [...path], message: `SNAPSHOT_INVALID ${what}` });
    });
  }) satisfies z.ZodType<SnapshotExperiment>;

export const snapshotSchema = z.looseObject({
  schema: z.literal(
    1,
    invalid((input) => `is ${show(input)}, and this version reads schema 1`),
  ),
  version: versionSchema,
  hash: hashSchema,
  issued: timeSchema,
  experiments: z.record(nameSchema, snapshotExperimentSchema).refine(
    (map) => Object.keys(map).length <= 1000,
    coded('TOO_MANY', () => 'has more than 1000 experiments'),
  ),
}) satisfies z.ZodType<Snapshot>;

export type ParsedSnapshot =
  | { readonly ok: true; readonly snapshot: Snapshot }
  | { readonly ok: false; readonly faults: readonly WireFault[] };

const refuse = (pointer: string, detail: string): ParsedSnapshot => ({
  ok: false,
  faults: [{ pointer, code: 'SNAPSHOT_INVALID', detail }],
});

/** What zod does not see: keys that it leaves out, and a hash that is not the content's. */
function contentFault(value: { readonly [key: string]: unknown }): ParsedSnapshot | undefined {
  try {
    if (canonicalJson(value).includes('"__proto__":')) return refuse('', 'a key could change a prototype');
    const hash = contentHash(value.experiments);
    if (hash === value.hash) return undefined;
    return refuse('/hash', `hash is ${show(value.hash)}, and that of the experiments is ${hash}`);
  } catch {
    return refuse('', 'the snapshot has no canonical JSON');
  }
}

/**
 * A snapshot as it came over the wire or out of a file: bounded, its hash that of its experiments, every vector as
 * long as its arms, in billionths that sum to exactly 1. Fields that are not known are kept.
 *
 * @param value as JSON.parse gives it
 * @returns the snapshot, or its faults with codes and JSON pointers (at most 32); never throws
 * @example
 * parseSnapshot({ schema: 2 }).faults[0] // => { pointer: '/schema', code: 'SNAPSHOT_INVALID', detail: 'schema is 2, and this version reads schema 1' }
 */
export function parseSnapshot(value: unknown): ParsedSnapshot {
  const result = snapshotSchema.safeParse(value, { reportInput: true });
  if (!result.success) return { ok: false, faults: wireFaults(result.error.issues) };
  return contentFault(value as { readonly [key: string]: unknown }) ?? { ok: true, snapshot: result.data };
}
