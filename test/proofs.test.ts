import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const page = readFileSync(new URL('../docs/proofs.md', import.meta.url), 'utf8');

/** What stands between the markers of a section. */
function sectionOf(name: string): string {
  const [begin, end] = [`<!-- proofs:${name}:begin -->`, `<!-- proofs:${name}:end -->`];
  const from = page.indexOf(begin);
  expect(from, `docs/proofs.md lacks ${begin}`).toBeGreaterThan(0);
  return page.slice(from + begin.length, page.indexOf(end)).trim();
}

test('every law in docs/proofs.md has its test, and the table is that of the tests', async () => {
  const laws: { missingLaws(): readonly unknown[]; lawsTable(): string } = await import('../scripts/proofs/laws.mjs');
  expect(laws.missingLaws()).toEqual([]);
  expect(sectionOf('laws')).toBe(laws.lawsTable());
});

test.each(['coverage', 'probability-best', 'off-policy', 'propensities', 'changed-arms', 'regret'])(
  'the table of %s says when it was made, from which seed and how many runs',
  (name) => {
    expect(sectionOf(name)).toMatch(
      /^\*\d{4}-\d{2}-\d{2}, seed \d+, R = \d+, [\d,]+ draws a row, \d+ s of processor time\.\*\n\n/,
    );
    expect(sectionOf(name)).toContain('| --- |');
  },
);
