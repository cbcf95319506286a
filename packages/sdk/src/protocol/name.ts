/** The form of every name: experiments, arms, metrics, rules, layers. */
export const NAME_PATTERN = /^[a-z0-9][a-z0-9_.-]{0,63}$/;

/** Names that JavaScript objects have already. Those with capitals or underscores in front fail the pattern anyway. */
const RESERVED: ReadonlySet<string> = new Set(['constructor', 'prototype']);

/**
 * What is wrong with a name.
 *
 * @param value anything
 * @returns undefined for 1 to 64 of a-z 0-9 _ . - that begin with a letter or a digit; else the reason
 * @example
 * nameFault('Checkout') // => 'has "C", which no name may have'
 */
export function nameFault(value: unknown): string | undefined {
  if (typeof value !== 'string') return `is ${value === null ? 'null' : `a ${typeof value}`}, not a string`;
  if (RESERVED.has(value) || value in Object.prototype) return 'is reserved';
  if (NAME_PATTERN.test(value)) return undefined;
  if (value === '') return 'is empty';
  if (value.length > 64) return 'has more than 64 characters';
  const odd = /[^a-z0-9_.-]/u.exec(value)?.[0];
  return odd === undefined
    ? 'does not begin with a letter or a digit'
    : `has ${JSON.stringify(odd)}, which no name may have`;
}
