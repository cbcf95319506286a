import { appendFileSync } from 'node:fs';

/** The tables of docs/reliability.md that runs with faults fill. */
export type Section = 'Kills' | 'Power loss' | 'Disk' | 'Cluster';

/** Adds a row to a table, where `node scripts/kill.mjs --markdown` collects them: cells by their column's title. */
export function reportRow(section: Section, cells: { readonly [column: string]: string | number }): void {
  const file = process.env.ARMATURE_FAULT_REPORT;
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ section, cells })}\n`);
}
