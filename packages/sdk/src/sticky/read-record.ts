import type { StickyRecord } from '../sticky.js';

const isShare = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value <= 1;
const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

/** What a store holds is no record: asking again gives the same. */
export class DamagedRecord extends Error {
  constructor(value: unknown) {
    super(`a record that is none: ${String(JSON.stringify(value)).slice(0, 120)}`);
    this.name = 'DamagedRecord';
  }
}

/**
 * A record as a store gave it back, checked and frozen: stores are written by others, and their contents by whoever has
 * access.
 *
 * @throws DamagedRecord
 */
export function readRecord(value: unknown): StickyRecord {
  const record = (typeof value === 'object' && value !== null ? value : {}) as {
    readonly [Key in keyof StickyRecord]?: unknown;
  };
  const { key, arm, propensities, snapshot, definition, rule, time, outer } = record;
  const texts = isText(key) && isText(arm) && isText(snapshot) && isText(definition) && isText(rule);
  const vector = typeof propensities === 'object' && propensities !== null ? Object.entries(propensities) : [];
  const shares = vector.every(([, p]) => isShare(p)) && (outer === undefined || isShare(outer));
  const drawn = vector.some(([name, p]) => name === arm && p > 0);
  if (!texts || !shares || !drawn || typeof time !== 'number') {
    throw new DamagedRecord(value);
  }
  return Object.freeze({
    ...{ key, arm, snapshot, definition, rule, time },
    propensities: Object.freeze(Object.fromEntries(vector)),
    ...(outer === undefined ? {} : { outer }),
  });
}
