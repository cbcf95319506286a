import { writeFile } from 'node:fs/promises';
import { type OffPolicyReport, type Report, renderHtml, renderJson, renderTerminal } from '@armature/analysis';
import { cliError } from './cli-errors.js';
import type { Terminal } from './terminal.js';

/** Where reports go. */
export interface OutputFlags {
  readonly json?: boolean;
  readonly html?: string;
}

/**
 * Shows reports: as text or, with `json`, as a list of JSON objects; and as one HTML file where one is named.
 *
 * @param next the command to name at the end of each text
 * @throws FILE_UNWRITABLE
 */
export async function showReports(
  reports: readonly (Report | OffPolicyReport)[],
  { json, html }: OutputFlags,
  terminal: Terminal,
  next?: string,
): Promise<void> {
  if (html !== undefined) await writeHtml(html, reports);
  if (json) return terminal.write(renderJson(reports));
  const { colour: color, columns: width } = terminal;
  const options = { color, width, ...(next === undefined ? {} : { next }) };
  const texts = reports.map((report) => renderTerminal(report, options));
  if (texts.length > 0) await terminal.write(`${texts.join('\n\n')}\n`);
}

async function writeHtml(file: string, reports: readonly (Report | OffPolicyReport)[]): Promise<void> {
  try {
    await writeFile(file, renderHtml(reports));
  } catch (cause) {
    throw cliError('FILE_UNWRITABLE', { got: `${file}: ${(cause as NodeJS.ErrnoException).code}`, cause });
  }
}
