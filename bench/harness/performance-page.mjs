import { readFileSync, writeFileSync } from 'node:fs';
import { markdown } from './table.mjs';

const FILE = new URL('../../docs/performance.md', import.meta.url);
const [START, END] = ['<!-- bench -->\n', '<!-- /bench -->\n'];

/** The sections of the page by bench, each from its heading to the next. */
function sectionsOf(text) {
  const parts = text.split(/^(?=### )/m).filter((part) => part.startsWith('### '));
  return new Map(parts.map((part) => [/^### (\S+)/.exec(part)[1], `${part.trim()}\n`]));
}

/** One bench as a section: what it measures, when and on what, and its rows. */
export function section(name, rows, { node, cpu, cores, load, at }) {
  const where = `${at.slice(0, 16).replace('T', ' ')} UTC, Node ${node.slice(1)}, ${cores} cores (${cpu}), load ${load.toFixed(1)}`;
  const [{ title }] = rows;
  return `### ${name}\n\n${title.replace(/^[\w-]+: /, '')} · ${where}\n\n${markdown(rows)}\n`;
}

/**
 * Writes what was measured into docs/performance.md; the sections of other benches stay as they are.
 *
 * @param rows of one run
 * @param about the machine
 * @param order names of all benches, as the page has them
 */
export function writePage(rows, about, order) {
  const page = readFileSync(FILE, 'utf8');
  const [from, to] = [page.indexOf(START) + START.length, page.indexOf(END)];
  if (from < START.length || to < from) throw new Error('docs/performance.md has lost its marks');
  const sections = sectionsOf(page.slice(from, to));
  for (const name of new Set(rows.map(({ bench }) => bench))) {
    const own = rows.filter(({ bench }) => bench === name);
    sections.set(name, section(name, own, about));
  }
  const text = order.flatMap((name) => sections.get(name) ?? []).join('\n');
  writeFileSync(FILE, `${page.slice(0, from)}\n${text}\n${page.slice(to)}`);
}
