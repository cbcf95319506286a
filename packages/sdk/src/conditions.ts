import type { Condition, Context, Operator, Scalar } from './protocol/experiment.js';

type Test = (actual: Scalar | undefined, wanted: Condition['value']) => boolean;

const is: Test = (actual, wanted) => actual === wanted;
const isIn: Test = (actual, wanted) =>
  actual !== undefined && (Array.isArray(wanted) ? wanted.includes(actual) : actual === wanted);

/** Text against text. */
const text =
  (test: (actual: string, wanted: string) => boolean): Test =>
  (actual, wanted) =>
    typeof actual === 'string' && typeof wanted === 'string' && test(actual, wanted);

/** Numbers against numbers, texts against texts (by code unit: right for ISO dates, wrong for version numbers). */
const order =
  (test: (actual: Scalar, wanted: Scalar) => boolean): Test =>
  (actual, wanted) =>
    (typeof actual === 'number' || typeof actual === 'string') &&
    typeof actual === typeof wanted &&
    test(actual, wanted as Scalar);

const TESTS: { readonly [op in Operator]: Test } = {
  is,
  not: (actual, wanted) => !is(actual, wanted),
  in: isIn,
  notIn: (actual, wanted) => !isIn(actual, wanted),
  starts: text((actual, wanted) => actual.startsWith(wanted)),
  ends: text((actual, wanted) => actual.endsWith(wanted)),
  contains: text((actual, wanted) => actual.includes(wanted)),
  gt: order((actual, wanted) => actual > wanted),
  gte: order((actual, wanted) => actual >= wanted),
  lt: order((actual, wanted) => actual < wanted),
  lte: order((actual, wanted) => actual <= wanted),
  exists: (actual, wanted) => (actual !== undefined) === wanted,
};

/** Whether this version can evaluate the operator. */
export function isOperator(op: unknown): op is Operator {
  return typeof op === 'string' && Object.hasOwn(TESTS, op);
}

/**
 * Whether all conditions hold. `unit` is an attribute too, unless the context has one of that name. Nothing is
 * converted: the text '5' is not the number 5. An absent attribute satisfies `not`, `notIn` and `exists: false` only.
 */
export function conditionsHold(
  conditions: readonly Condition[],
  context: Context | undefined,
  unit: string | undefined,
): boolean {
  for (const { attribute, op, value } of conditions) {
    const own = context !== undefined && context !== null && Object.hasOwn(context, attribute);
    const actual = own ? context[attribute] : attribute === 'unit' ? unit : undefined;
    if (!TESTS[op](actual, value)) return false;
  }
  return true;
}
