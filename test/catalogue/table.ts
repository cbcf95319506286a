import { NOT_MET } from './not-met.js';
import { type Line, linesOf, type Surface } from './row.js';
import { SURFACES } from './surfaces.js';

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');

function section({ title, unchanged }: Surface, lines: readonly Line[]): string {
  const rows = lines.map(
    ({ row, input, expected, got, ok }) =>
      `| ${row} | ${cell(input)} | ${cell(expected)} | ${got === expected ? '=' : cell(got)} | ${ok ? 'yes' : 'NO'} |`,
  );
  const head = ['| row | input | expected | got | ok |', '|---|---|---|---|---|'];
  return [`### ${title}`, '', `Compared before and after: ${unchanged}.`, '', ...head, ...rows, ''].join('\n');
}

/** The catalogue as markdown: one table a surface, then what cannot be met. */
export function catalogueTable(lines: ReadonlyMap<string, readonly Line[]>): string {
  const all = [...lines.values()].flat();
  const good = all.filter(({ ok }) => ok).length;
  const rows = new Set(all.map(({ row }) => row)).size;
  const notMet = NOT_MET.map(({ row, input, reason }) => `| ${row} | ${cell(input)} | ${cell(reason)} |`);
  return [
    `${good} of ${all.length} inputs (${rows} rows of the catalogue) are met as expected. \`=\` is what was expected.`,
    '',
    ...SURFACES.map((surface) => section(surface, lines.get(surface.title) ?? [])),
    '### Not met yet',
    '',
    '| row | input | why |',
    '|---|---|---|',
    ...notMet,
    '',
  ].join('\n');
}

/** Runs every row. */
export async function runCatalogue(): Promise<{ readonly table: string; readonly ok: boolean }> {
  const lines = new Map<string, readonly Line[]>();
  for (const surface of SURFACES) lines.set(surface.title, await linesOf(surface));
  return { table: catalogueTable(lines), ok: [...lines.values()].flat().every(({ ok }) => ok) };
}
