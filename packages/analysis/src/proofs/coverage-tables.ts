import type { CoverageRow, Line } from './coverage.js';
import { markdownTable, type Share, shareText, standardErrorOf } from './share.js';

/** A column: its heading, the line it shows, and what the line promises. */
interface Column {
  readonly title: string;
  readonly line: Line;
  /** At least this share, or at most; null where nothing is promised. */
  readonly promise: { readonly least?: number; readonly most?: number } | null;
}

const COMPARING: readonly Column[] = [
  { title: 'one look covers', line: 'contrast, one look', promise: { least: 0.95 } },
  { title: 'p < .05 without a difference', line: 'contrast, p below .05', promise: { most: 0.05 } },
  { title: 'anytime ever misses', line: 'contrast, anytime ever misses', promise: { most: 0.05 } },
  { title: 'any of them ever misses', line: 'any contrast, anytime ever misses', promise: null },
  { title: 'gate opened', line: 'contrast, gate opened', promise: null },
  { title: 'called best wrongly, ever', line: 'best, ever wrong', promise: { most: 0.05 } },
  { title: 'called behind wrongly, ever', line: 'behind, ever wrong', promise: { most: 0.05 } },
];

const OTHERS: readonly Column[] = [
  { title: 'mean, one look', line: 'mean, one look', promise: { least: 0.95 } },
  { title: 'mean, anytime ever misses', line: 'mean, anytime ever misses', promise: { most: 0.05 } },
  { title: 'unweighted contrast', line: 'contrast, unweighted', promise: { least: 0.95 } },
  { title: 'gain over even split', line: 'gain, one look', promise: { least: 0.95 } },
  { title: 'regret, an arm', line: 'regret, one look', promise: { least: 0.95 } },
  { title: 'regret, all arms', line: 'regret, all arms', promise: { least: 0.95 } },
  { title: 'largest regret', line: 'regret, largest', promise: { least: 0.95 } },
];

const ALARMS: readonly Column[] = [
  { title: 'shares: ever warned', line: 'ratio, ever warns', promise: { most: 0.05 } },
  { title: 'shares: ever failed', line: 'ratio, ever fails', promise: { most: 0.01 } },
  { title: 'shares: chi-square failed', line: 'ratio, chi-square', promise: { most: 0.01 } },
  { title: 'one look, at the same looks, ever misses', line: 'contrast, one look ever misses', promise: null },
  { title: 'naive means would cover', line: 'contrast, naive', promise: null },
];

/** The three tables of the coverage study: comparing arms, the other lines, false alarms and what is not done. */
export function coverageTables(rows: readonly CoverageRow[]): readonly string[] {
  return [COMPARING, OTHERS, ALARMS].map((columns) => coverageTable(rows, columns));
}

function coverageTable(rows: readonly CoverageRow[], columns: readonly Column[]): string {
  return markdownTable(
    ['scenario', 'trend', ...columns.map(({ title }) => title)],
    rows.map((row) => [row.scenario.name, row.scenario.trend, ...columns.map((column) => cellText(row, column))]),
  );
}

/** `**0.871 ± 0.007** (486)`: bold where it lies beyond its promise, with the runs that had an answer. */
function cellText({ lines, replications }: CoverageRow, { line, promise }: Column): string {
  const share = lines.get(line);
  if (share === undefined) return '-';
  const text = isBroken(share, promise, replications) ? `**${shareText(share)}**` : shareText(share);
  return share.of < replications ? `${text} (${share.of})` : text;
}

/**
 * Whether a line was wrong more often than it may, by more than three Monte-Carlo errors and a point, over all runs: a
 * line that is held back is not wrong.
 */
function isBroken({ hits, of }: Share, promise: Column['promise'], replications: number): boolean {
  if (promise === null) return false;
  const wrong = { hits: promise.least === undefined ? hits : of - hits, of: replications };
  const allowed = promise.least === undefined ? (promise.most ?? 1) : 1 - promise.least;
  return wrong.hits / replications > allowed + Math.max(0.01, 3 * standardErrorOf(wrong));
}

/** The cells that lie beyond their promise, in words; the suite's short version asks that there be none. */
export function brokenPromises(rows: readonly CoverageRow[]): readonly string[] {
  return rows.flatMap((row) =>
    [...COMPARING, ...OTHERS, ...ALARMS].flatMap(({ title, line, promise }) => {
      const share = row.lines.get(line);
      if (share === undefined || !isBroken(share, promise, row.replications)) return [];
      return [`${row.scenario.name}, ${row.scenario.trend}: ${title} ${shareText(share)}`];
    }),
  );
}
