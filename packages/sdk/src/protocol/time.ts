const UTC = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(\.\d{1,9})?(Z|\+00:00)$/;
const EARLIEST = Date.UTC(2000, 0, 1);
const LATEST = Date.UTC(2200, 0, 1);

/**
 * The milliseconds since the epoch of an RFC 3339 time in UTC; parts of a millisecond are cut off.
 *
 * @returns undefined for anything else, for a day or an hour that does not exist, and outside the years 2000 to 2199
 * @example
 * timeOf('2026-11-23T05:26:42.123Z') // => 1795411602123
 */
export function timeOf(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined;
  const parts = UTC.exec(value);
  if (parts === null) return undefined;
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (hour > 23 || minute > 59 || second > 59 || month < 1 || month > 12) return undefined;
  if (day < 1 || day > new Date(Date.UTC(year, month, 0)).getUTCDate()) return undefined;
  const ms = Math.floor(Number(`0${parts[7] ?? ''}`) * 1000 + 1e-7);
  const at = Date.UTC(year, month - 1, day, hour, minute, second, ms);
  return at >= EARLIEST && at < LATEST ? at : undefined;
}

/**
 * What is wrong with a time, with a hint where it looks like seconds or milliseconds since the epoch.
 *
 * @returns undefined for a time that timeOf reads; else the reason
 * @example
 * timeFault(1795411602) // => 'is a number; as seconds since the epoch it would be "2026-11-23T05:26:42.000Z"'
 */
export function timeFault(value: unknown): string | undefined {
  if (timeOf(value) !== undefined) return undefined;
  const number =
    typeof value === 'number' ? value : typeof value === 'string' && value !== '' ? Number(value) : Number.NaN;
  const kind = typeof value === 'number' ? 'is a number' : 'is a number in a string';
  for (const [unit, factor] of [
    ['seconds', 1000],
    ['milliseconds', 1],
  ] as const) {
    const at = number * factor;
    if (at < EARLIEST || !(at < LATEST)) continue;
    return `${kind}; as ${unit} since the epoch it would be ${JSON.stringify(new Date(at).toISOString())}`;
  }
  if (typeof value !== 'string') return `is ${value === null ? 'null' : `a ${typeof value}`}, not a string`;
  if (/^[+-]\d{6}-/.test(value) || UTC.test(value)) return 'is no time in the years 2000 to 2199';
  return 'is not RFC 3339 in UTC';
}
