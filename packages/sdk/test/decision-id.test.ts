import { randomFillSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { decisionIds, encodeId } from '../src/decision-id.js';
import { encodeUtf8, isPrintable, utf8Words } from '../src/policies/utf8.js';

const random = () => decisionIds((bytes) => void randomFillSync(bytes));
const timeOf = (id: string): number => Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);

test('an id is a UUID of version 7 that carries the time', () => {
  const id = random()(1_795_510_871_424);
  // The layout of RFC 9562, 5.7.
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(timeOf(id)).toBe(1_795_510_871_424);
});

test('ids of one source sort in the order in which they were made, also when the clock stands or steps back a little', () => {
  const next = random();
  const ids: string[] = [];
  for (let i = 0; i < 20_000; i += 1) ids.push(next(1_795_510_871_424 + Math.floor(i / 1000) - (i % 7 === 0 ? 3 : 0)));
  expect([...ids].sort()).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
});

test('a clock set back by an hour is followed', () => {
  const next = random();
  next(1_795_510_871_424);
  expect(timeOf(next(1_795_507_271_424))).toBe(1_795_507_271_424);
});

test('the format holds at the edges of the random bits', () => {
  for (const byte of [0, 255]) {
    const next = decisionIds((bytes) => void bytes.fill(byte));
    const ids = Array.from({ length: 5000 }, () => next(1));
    for (const id of ids) expect(id).toMatch(/^00000000-0001-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(new Set(ids).size).toBe(5000);
  }
});

test('two sources do not meet', () => {
  const [a, b] = [random(), random()];
  const ids = new Set<string>();
  for (let i = 0; i < 10_000; i += 1) ids.add(a(5 + (i >> 3))).add(b(5 + (i >> 3)));
  expect(ids.size).toBe(20_000);
});

/** What a writer leaves for the hashes: the bytes' number, whether they are printable, and the words with their zeros. */
function written(length: number): readonly [number, boolean, number[]] {
  return [length, isPrintable(), [...utf8Words().subarray(0, ((length >>> 4) + 1) << 2)]];
}

test('an id is written as its text is, the last one and any other, of any time', () => {
  const next = decisionIds((bytes) => void bytes.fill(255));
  const times = [...Array.from({ length: 9000 }, () => 1_795_510_871_424), 2 ** 48 - 1, 2 ** 60, 1e300, Number.NaN];
  let before = 'd-1';
  for (const time of times) {
    const id = next(time);
    encodeUtf8('\u00e9'.repeat(60));
    const last = written(encodeId(id));
    expect(written(encodeId(before))).toEqual(written(encodeUtf8(before)));
    expect(last).toEqual(written(encodeUtf8(id)));
    before = id;
  }
});
