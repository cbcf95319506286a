import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import {
  AnalysisError,
  type ObdRow,
  type OffPolicyReport,
  offPolicyReport,
  parseObd,
  uniformPolicy,
} from '@armature/analysis';
import { cliError } from './cli-errors.js';
import { type Progress, progress } from './progress.js';
import { type OutputFlags, showReports } from './report-output.js';
import type { AddCommand } from './run.js';
import type { Terminal } from './terminal.js';

/** The bytes of a file, unpacked where its name ends in .gz. */
async function bytesOf(file: string, shown: Progress): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  const collect = async (source: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of source) {
      chunks.push(chunk);
      size += chunk.length;
      shown.tell(`reading ${file}, ${(size / 1e6).toFixed(1)} MB`);
    }
  };
  const source = createReadStream(file);
  try {
    await (file.endsWith('.gz') ? pipeline(source, createGunzip(), collect) : pipeline(source, collect));
  } catch (cause) {
    throw cliError('FILE_UNREADABLE', { got: `${file}: ${(cause as NodeJS.ErrnoException).code}`, cause });
  }
  return Buffer.concat(chunks);
}

function* linesOf(bytes: Buffer): Generator<string> {
  for (let from = 0; from < bytes.length; ) {
    const newline = bytes.indexOf(10, from);
    const end = newline < 0 ? bytes.length : newline;
    yield bytes.toString('utf8', from, end);
    from = end + 1;
  }
}

async function reportOf(file: string, terminal: Terminal): Promise<OffPolicyReport> {
  const shown = progress(terminal);
  const rows: ObdRow[] = [];
  try {
    for (const row of parseObd(linesOf(await bytesOf(file, shown)))) {
      if (rows.push(row) % 10_000 === 0) shown.tell(`reading ${file}, ${rows.length.toLocaleString('en')} rows`);
    }
  } catch (cause) {
    throw cause instanceof AnalysisError ? new AnalysisError(cause.code, `${file}, ${cause.got}`) : cause;
  } finally {
    shown.end();
  }
  return offPolicyReport({ source: file, rows, policies: [uniformPolicy(rows)], now: terminal.now() });
}

/** `armature import`: logs that other systems wrote. */
export const importCommand: AddCommand = (program, terminal) => {
  const group = program
    .command('import')
    .description('read a foreign log with its own propensities and report on it')
    .addHelpText('after', '\nExample:\n  $ armature import obd men.csv.gz');
  group
    .command('obd')
    .description('Open Bandit logs: t_ms,item_id,position,click,propensity,uf0,... as CSV, also packed by gzip')
    .argument('<files...>', 'each gives a report')
    .option('--html <file>', 'write one HTML file too')
    .option('--json', 'print JSON: a list of reports')
    .addHelpText('after', '\nExample:\n  $ armature import obd men.csv.gz women.csv.gz')
    .action(async (files: readonly string[], flags: OutputFlags) => {
      const reports: OffPolicyReport[] = [];
      for (const file of files) reports.push(await reportOf(file, terminal));
      await showReports(reports, flags, terminal);
    });
};
