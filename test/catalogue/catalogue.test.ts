import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readDocument } from '../document.js';
import { judge, type Line, linesOf } from './row.js';
import { SURFACES } from './surfaces.js';
import { catalogueTable } from './table.js';

const lines = new Map<string, Line[]>();

describe.each(SURFACES)('$title', ({ rows, open, close, ...rest }) => {
  const surface = { rows, open, close, ...rest };
  let world: never;
  beforeAll(async () => {
    world = await open();
  });
  afterAll(() => close(world));

  test.each(rows.map((row) => [row.row, row.input, row] as const))('row %i: %s', async (_row, _input, row) => {
    const line = await judge(surface, row, world);
    lines.set(surface.title, [...(lines.get(surface.title) ?? []), line]);
    expect({ got: line.got, says: line.says }).toEqual({
      got: line.expected,
      says: row.says instanceof RegExp ? expect.stringMatching(row.says) : (row.says ?? line.says),
    });
  });
});

test('docs/reliability.md holds what `node scripts/catalogue.mjs` prints', async () => {
  for (const surface of SURFACES) {
    const whole = lines.get(surface.title)?.length === surface.rows.length;
    if (!whole) lines.set(surface.title, [...(await linesOf(surface))]);
  }
  const [, table] =
    /<!-- catalogue -->\n([\s\S]*)<!-- end of catalogue -->/.exec(readDocument('docs/reliability.md')) ?? [];
  expect(table).toBe(catalogueTable(lines));
}, 60_000);

test('a row whose state changed, or that has no proof, is not met', async () => {
  const states = ['before', 'after'];
  const world = { title: 't', unchanged: 'u', rows: [], open: async () => 1, close: async () => {} };
  const row = { row: 1, input: 'i', expected: 'C', act: async () => ({ got: 'C' }) };
  const met = async (surface: Parameters<typeof judge<number>>[0]) => (await judge(surface, row, 1)).ok;
  expect(await met({ ...world, state: () => 'same' })).toBe(true);
  expect(await met({ ...world, state: () => states.pop() ?? '' })).toBe(false);
  expect(await met(world)).toBe(false);
});
