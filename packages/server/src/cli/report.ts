import { type ReadReportOptions, type Report, readReports } from '@armature/analysis';
import { timeFault, timeOf } from '@armature/sdk/protocol';
import { InvalidArgumentError } from 'commander';
import { cliError } from './cli-errors.js';
import { DATA } from './data-directory.js';
import { progress } from './progress.js';
import { type OutputFlags, showReports } from './report-output.js';
import type { AddCommand } from './run.js';
import type { Terminal } from './terminal.js';

interface ReportFlags extends OutputFlags {
  readonly experiment?: string;
  readonly from?: number;
  readonly to?: number;
  readonly rows?: boolean;
  readonly strict?: boolean;
}

/** Reads a time of an option: RFC 3339 in UTC and nothing else, since a guess at a time zone would be silent. */
function utc(text: string): number {
  const time = timeOf(text);
  if (time !== undefined) return time;
  throw new InvalidArgumentError(`It ${timeFault(text)}. Write a time in UTC such as 2026-11-23T05:00:00Z.`);
}

async function read(directory: string, flags: ReportFlags, terminal: Terminal): Promise<readonly Report[]> {
  const { experiment, from, to, rows } = flags;
  if (from !== undefined && to !== undefined && from >= to) {
    const got = `--from ${new Date(from).toISOString()} --to ${new Date(to).toISOString()}`;
    throw cliError('USAGE', { got, todo: 'give a --from that is before --to' });
  }
  const shown = progress(terminal);
  const options: ReadReportOptions = {
    now: terminal.now(),
    reader: rows ? 'rows' : 'cells',
    ...(experiment === undefined ? {} : { experiment }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    onProgress: ({ partition, partitions, records }) =>
      shown.tell(`reading partition ${partition + 1} of ${partitions}, ${records.toLocaleString('en')} records`),
  };
  return readReports(directory, options).finally(() => shown.end());
}

function strictFault(reports: readonly Report[]): Error | undefined {
  const failed = reports.filter(({ verdict, health }) => verdict.status === 'unhealthy' || health.status === 'failed');
  if (failed.length === 0) return undefined;
  return cliError('REPORT_UNHEALTHY', { got: failed.map(({ experiment }) => experiment.id).join(', ') });
}

/** `armature report`: did it work? */
export const reportCommand: AddCommand = (program, terminal) => {
  program
    .command('report')
    .description('did it work? arms, intervals, health and what it was worth, from the log alone')
    .argument('[directory]', 'data directory', DATA)
    .option('--experiment <name>', 'one experiment only')
    .option('--from <time>', 'decisions from this time on, in UTC', utc)
    .option('--to <time>', 'decisions before this time, in UTC', utc)
    .option('--rows', 'read trial by trial instead of from running statistics: the same numbers')
    .option('--strict', 'exit 1 when a health check failed')
    .option('--html <file>', 'write one HTML file too')
    .option('--json', 'print JSON: a list of reports')
    .addHelpText(
      'after',
      '\nA server may be writing to the directory meanwhile.\n\nExample:\n  $ armature report .armature --experiment checkout-button --html report.html',
    )
    .action(async (directory: string, flags: ReportFlags) => {
      const reports = await read(directory, flags, terminal);
      if (reports.length === 0) terminal.err(`${directory} holds no experiment yet`);
      const only = flags.experiment === undefined ? '' : ` --experiment ${flags.experiment}`;
      await showReports(reports, flags, terminal, `armature report ${directory}${only} --html report.html`);
      const fault = flags.strict ? strictFault(reports) : undefined;
      if (fault !== undefined) throw fault;
    });
};
