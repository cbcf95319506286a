/** The tables of docs/reliability.md that runs with faults fill, from the rows that tests tell. */

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './bundled.mjs';

/** The rows as a table for each section; today's date stands in each row. */
export function tablesOf(rows, sections) {
  const date = new Date().toISOString().slice(0, 10);
  return sections.map((section) => {
    const cells = rows.filter((row) => row.section === section).map((row) => ({ date, ...row.cells }));
    if (cells.length === 0) return { section, table: 'Not run on this machine.\n' };
    const titles = [...new Set(cells.flatMap((row) => Object.keys(row)))];
    const line = (values) => `| ${values.join(' | ')} |`;
    const number = (value) => (typeof value === 'number' ? value.toLocaleString('en') : (value ?? ''));
    const body = cells.map((row) => line(titles.map((title) => number(row[title]))));
    return { section, table: `${[line(titles), line(titles.map(() => '---')), ...body].join('\n')}\n` };
  });
}

/** Puts tables between their marks in docs/reliability.md. */
export function writeTables(tables) {
  const page = join(ROOT, 'docs', 'reliability.md');
  let text = readFileSync(page, 'utf8');
  for (const { section, table } of tables) {
    const name = section.toLowerCase();
    const [from, to] = [text.indexOf(`<!-- ${name} -->\n`), text.indexOf(`<!-- end of ${name} -->`)];
    if (from < 0 || to < from) throw new Error(`docs/reliability.md has no place for ${name}`);
    text = `${text.slice(0, from)}<!-- ${name} -->\n${table}${text.slice(to)}`;
  }
  writeFileSync(page, text);
}

/**
 * Runs test files with variables.
 *
 * @returns the exit code, and the rows that they told
 */
export async function runFaults(files, variables, stdout = 'inherit') {
  const folder = mkdtempSync(join(tmpdir(), 'armature-faults-'));
  const report = join(folder, 'rows.jsonl');
  const env = { ...process.env, ...variables, ARMATURE_FAULT_REPORT: report };
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  const child = spawn(process.execPath, [vitest, 'run', ...files], {
    cwd: ROOT,
    env,
    stdio: ['ignore', stdout, 'inherit'],
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  const lines = existsSync(report) ? readFileSync(report, 'utf8').split('\n') : [];
  rmSync(folder, { recursive: true, force: true });
  return { code: code ?? 1, rows: lines.filter((line) => line !== '').map((line) => JSON.parse(line)) };
}
