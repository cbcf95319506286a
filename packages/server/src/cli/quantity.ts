import { InvalidArgumentError } from 'commander';

const MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const BYTES = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 } as const;

const units = (table: { readonly [unit: string]: number }): string => Object.keys(table).join(', ');

function read(text: string, table: { readonly [unit: string]: number }): number {
  const [, digits, unit = ''] = /^(\d{1,9})([A-Za-z]+)$/.exec(text) ?? [];
  return digits === undefined ? Number.NaN : Number(digits) * (table[unit] ?? Number.NaN);
}

/**
 * Reads a duration of an option, such as 30d, in ms.
 *
 * @param least ms
 * @param words the same in words
 */
export function duration(least: number, words: string): (text: string) => number {
  return (text) => {
    const value = read(text, MS);
    if (value >= least) return value;
    throw new InvalidArgumentError(`Write a number and a unit (${units(MS)}) such as 30d, at least ${words}.`);
  };
}

/**
 * Reads a number of bytes of an option, such as 64MiB.
 *
 * @param least bytes
 * @param words the same in words
 */
export function size(least: number, words: string): (text: string) => number {
  return (text) => {
    const value = read(text, BYTES);
    if (value >= least) return value;
    throw new InvalidArgumentError(`Write a number and a unit (${units(BYTES)}) such as 64MiB, at least ${words}.`);
  };
}
