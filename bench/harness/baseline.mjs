import { readFileSync, writeFileSync } from 'node:fs';

/** Ratios of an earlier run, which travel between machines better than times do. */
const FILE = new URL('../baseline.json', import.meta.url);
const WORSE = 0.2;

export function readBaseline() {
  return JSON.parse(readFileSync(FILE, 'utf8'));
}

/** What a row is called in the baseline. */
export const nameOf = ({ bench, what, peer, unit }) =>
  `${bench}: ${what}, ${unit.startsWith('us') ? 'us' : unit || 'absolute'}${peer === undefined ? '' : ` against ${peer.name}`}`;

/** Takes the ratios of these rows into the baseline; those of other rows stay. */
export function saveBaseline(rows, about) {
  const ratios = { ...readBaseline().ratios };
  for (const row of rows) if (row.ratio !== undefined) ratios[nameOf(row)] = Number(row.ratio.toPrecision(4));
  const { node, cpu, cores, load, at } = about;
  writeFileSync(FILE, `${JSON.stringify({ machine: { node, cpu, cores, load, at }, ratios }, undefined, 2)}\n`);
}

/** The rows whose ratio is worse than that of the baseline by more than a fifth, with both ratios. */
export function regressions(rows, { ratios }) {
  return rows.flatMap((row) => {
    const before = ratios[nameOf(row)];
    if (before === undefined || row.ratio === undefined || row.ratio >= before * (1 - WORSE)) return [];
    return [{ name: nameOf(row), before, now: row.ratio }];
  });
}
