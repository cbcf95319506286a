import { describe, expect, test } from 'vitest';
import { duration, size } from '../../src/cli/quantity.js';

describe('quantities of options', () => {
  test.each([
    ['30d', 2_592_000_000],
    ['6h', 21_600_000],
    ['90m', 5_400_000],
    ['45s', 45_000],
  ])('%s is a duration', (text, ms) => {
    expect(duration(1000, '1s')(text)).toBe(ms);
  });

  test.each([
    ['64MiB', 67_108_864],
    ['4KiB', 4096],
    ['2GiB', 2_147_483_648],
    ['1TiB', 1_099_511_627_776],
  ])('%s is a size', (text, bytes) => {
    expect(size(1, '1 byte')(text)).toBe(bytes);
  });

  test.each(['', '30', 'd', '1.5d', '-1d', '30 d', '1D', '1M', '1constructor', '9999999999d', '0s'])(
    '%j is no duration',
    (text) => {
      expect(() => duration(1000, '1s')(text)).toThrow('such as 30d, at least 1s');
    },
  );

  test.each(['64', '64MB', '64mib', '1e3KiB', '0KiB'])('%j is no size', (text) => {
    expect(() => size(1024, '1KiB')(text)).toThrow('such as 64MiB, at least 1KiB');
  });
});
