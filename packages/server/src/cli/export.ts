import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { type ConfigReading, deletedIn, foldLog, readConfigLog, requireLog } from '@armature/analysis';
import { Option } from 'commander';
import { cliError } from './cli-errors.js';
import { csvLine } from './csv.js';
import { DATA } from './data-directory.js';
import { progress } from './progress.js';
import type { AddCommand } from './run.js';
import type { Terminal } from './terminal.js';
import { type Columns, columnsOf, type TrialRow, trialRows } from './trial-rows.js';

interface ExportFlags {
  readonly wide?: boolean;
  readonly format: 'jsonl' | 'csv';
  readonly out?: string;
  readonly experiment?: string;
}

/** Where rows go: standard output, or a file that is complete when the command has ended well. */
interface Sink {
  write(text: string): Promise<void>;
  end(): Promise<void>;
}

function sinkOf(out: string | undefined, terminal: Terminal): Sink {
  if (out === undefined) return { write: terminal.write, end: async () => {} };
  const stream = createWriteStream(out);
  const failed = once(stream, 'error').then(([cause]) => {
    throw cliError('FILE_UNWRITABLE', { got: `${out}: ${(cause as NodeJS.ErrnoException).code}`, cause });
  });
  failed.catch(() => {});
  return {
    async write(text) {
      if (!stream.write(text)) await Promise.race([once(stream, 'drain'), failed]);
    },
    async end() {
      const finished = once(stream, 'finish');
      stream.end();
      await Promise.race([finished, failed]);
    },
  };
}

function selected({ experiments }: ConfigReading, only: string | undefined): ReadonlySet<string> {
  const names = [...experiments.keys()];
  if (only === undefined) return new Set(names);
  if (experiments.has(only)) return new Set([only]);
  throw cliError('NOT_SERVED', { got: only, todo: `name one of: ${names.sort().join(', ')}` });
}

const encoders = {
  jsonl: (row: TrialRow, columns: Columns): string =>
    `${JSON.stringify(Object.fromEntries(columns.names.flatMap((name) => (row[name] === undefined ? [] : [[name, row[name]]]))))}\n`,
  csv: (row: TrialRow, columns: Columns): string => csvLine(columns.names.map((name) => row[name])),
};

async function exportRows(directory: string, flags: ExportFlags, terminal: Terminal): Promise<number> {
  await requireLog(directory);
  const config = await readConfigLog(directory);
  const wanted = selected(config, flags.experiment);
  const columns = columnsOf(config, wanted, flags.wide === true);
  const encode = encoders[flags.format];
  const sink = sinkOf(flags.out, terminal);
  if (flags.format === 'csv') await sink.write(csvLine(columns.names));
  const rows = trialRows(config.registry, wanted, columns);
  const shown = progress(terminal);
  let count = 0;
  const flush = async (ready: readonly TrialRow[]): Promise<void> => {
    count += ready.length;
    if (ready.length > 0) await sink.write(ready.map((row) => encode(row, columns)).join(''));
  };
  let seen = 0;
  const { floors } = await foldLog(directory, {
    config,
    sink: rows.sink,
    async onProgress({ records }) {
      shown.tell(`exporting, ${records.toLocaleString('en')} records`);
      if (records - seen < SWEEP_RECORDS) return;
      seen = records;
      await flush(rows.closed());
    },
  });
  await flush(rows.rest());
  await sink.end();
  shown.end();
  for (const records of deletedIn(floors))
    terminal.err(`retention has deleted ${records}: no rows of trials that they opened`);
  return count;
}

const SWEEP_RECORDS = 10_000;

/** `armature export`: a flat row for each trial. */
export const exportCommand: AddCommand = (program, terminal) => {
  program
    .command('export')
    .description('flat rows, one a trial: arm, propensity, rewards')
    .argument('[directory]', 'data directory', DATA)
    .option('--wide', 'with the whole vector that was drawn from, a column an arm')
    .addOption(new Option('--format <format>', 'of the rows').choices(['jsonl', 'csv']).default('jsonl'))
    .option('--experiment <name>', 'one experiment only')
    .option('--out <file>', 'write a file instead of standard output')
    .addHelpText(
      'after',
      '\nIn CSV, texts that a spreadsheet would run (= + - @ in front) get an apostrophe before them.\n\nExample:\n  $ armature export .armature --wide --format csv --out trials.csv',
    )
    .action(async (directory: string, flags: ExportFlags) => {
      const count = await exportRows(directory, flags, terminal);
      if (flags.out !== undefined) terminal.err(`${count.toLocaleString('en')} trials in ${flags.out}`);
    });
};
