import { isArmatureError } from '@armature/sdk';
import { systemClock } from '../adapters/clock.js';
import { silent } from '../adapters/loggers.js';
import type { ShownPartition, ShownPosterior, ShownState } from '../adapters/redis/inspect-state.js';
import { shownAddress } from '../adapters/redis/redis-address.js';
import { serverError } from '../errors.js';
import { cliError } from './cli-errors.js';
import { CLUSTER_HELP, requireRedis, withRedis } from './cluster-options.js';
import type { ClusterFlags } from './cluster-settings.js';
import type { AddCommand } from './run.js';
import { tableLines } from './table.js';
import type { Terminal } from './terminal.js';

interface Flags extends Pick<ClusterFlags, 'redis' | 'prefix'> {
  readonly json?: boolean;
}

/** Begins the fields that are an arm's. */
const ARM = 'arm:';

const grouped = (value: number | null): string => value?.toLocaleString('en') ?? '-';
const timeOf = (ms: number | null): string => (ms === null ? '-' : new Date(ms).toISOString());

function printPartitions(partitions: readonly ShownPartition[], terminal: Terminal): void {
  const { dim, red } = terminal.colours;
  const columns = [
    { title: 'partition', right: true },
    { title: 'offset', right: true },
    { title: 'watermark' },
    { title: 'ids', right: true },
    { title: 'parts', right: true },
    { title: 'bytes', right: true },
    { title: 'revision' },
    { title: 'log' },
  ];
  const rows = partitions.map(({ partition, offset, watermark, ids, parts, bytes, revision, log, readable }) => [
    ...[String(partition), grouped(offset), timeOf(watermark), grouped(ids), grouped(parts), grouped(bytes)],
    ...[revision, readable ? (log ?? '-') : 'damaged, or of another version'],
  ]);
  const [head, ...lines] = tableLines(columns, rows);
  terminal.out(dim(head ?? ''));
  for (const [index, line] of lines.entries()) terminal.out(partitions[index]?.readable ? line : red(line));
}

/** The numbers of an arm, by name; one without a name where it is no object of them. */
function numbersOf(text: string): { readonly [name: string]: unknown } {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : { '': value };
  } catch {
    return { '': text };
  }
}

function cellText(value: unknown): string {
  if (typeof value !== 'number') return value === undefined ? '-' : String(value);
  return Number.isInteger(value) ? grouped(value) : String(Number(value.toPrecision(6)));
}

/** A line for the experiment, and a table of its arms. */
function printPosterior({ experiment, updatedAt, fields }: ShownPosterior, terminal: Terminal): void {
  const { bold, dim } = terminal.colours;
  const about = Object.entries(fields).filter(([name]) => !name.startsWith(ARM));
  const said = [...about.map(([name, text]) => `${name} ${text}`), `as of ${updatedAt ?? '-'}`].join('  ');
  terminal.out(`${bold(experiment)}  ${dim(said)}`);
  const arms = Object.keys(fields)
    .filter((name) => name.startsWith(ARM))
    .sort() // Redis keeps no order of large hashes
    .map((name) => ({ arm: name.slice(ARM.length), numbers: numbersOf(fields[name] ?? '') }));
  if (arms.length === 0) return;
  const names = [...new Set(arms.flatMap(({ numbers }) => Object.keys(numbers)))];
  const columns = [{ title: 'arm' }, ...names.map((title) => ({ title, right: true }))];
  const rows = arms.map(({ arm, numbers }) => [arm, ...names.map((name) => cellText(numbers[name]))]);
  for (const line of tableLines(columns, rows)) terminal.out(`  ${line}`);
}

function print({ partitions, posteriors }: ShownState, prefix: string, terminal: Terminal): void {
  if (partitions.length === 0 && posteriors.length === 0) {
    return terminal.out(`nothing is kept under the prefix ${prefix} yet`);
  }
  if (partitions.length > 0) printPartitions(partitions, terminal);
  for (const [index, posterior] of posteriors.entries()) {
    if (index > 0 || partitions.length > 0) terminal.out('');
    printPosterior(posterior, terminal);
  }
}

async function state(experiment: string | undefined, flags: Flags, terminal: Terminal): Promise<void> {
  const settings = requireRedis(flags, terminal.variable);
  // loaded here, since other commands have no use for a client of Redis
  const { inspectState } = await import('../adapters/redis/inspect-state.js');
  const found = await inspectState(settings, { logger: silent, clock: systemClock() }).catch((cause: unknown) => {
    if (!isArmatureError(cause) || cause.code !== 'STATE_UNAVAILABLE') throw cause;
    const got = `${cause.got ?? 'no answer'}, at ${shownAddress(settings.url)}`;
    throw serverError('STATE_UNAVAILABLE', { got, todo: 'check the address, and that Redis runs there', cause });
  });
  const posteriors = found.posteriors.filter(
    (posterior) => (experiment ?? posterior.experiment) === posterior.experiment,
  );
  if (experiment !== undefined && posteriors.length === 0) {
    const known = found.posteriors.map((posterior) => posterior.experiment).join(', ');
    throw cliError('NOT_SERVED', {
      got: `"${experiment}"`,
      ...(known === '' ? {} : { todo: `name one of: ${known}` }),
    });
  }
  const shown = experiment === undefined ? found : { partitions: [], posteriors };
  if (flags.json) terminal.out(JSON.stringify(shown, null, 2));
  else print(shown, settings.prefix, terminal);
}

/** `armature state`: what the servers keep in Redis, for people. */
export const stateCommand: AddCommand = (program, terminal) => {
  const command = program
    .command('state')
    .description('what the servers keep in Redis: how far each partition has come, and the posteriors')
    .argument('[experiment]', 'show the posteriors of this one alone')
    .option('--json', 'print JSON');
  withRedis(command)
    .addHelpText('after', `\n${CLUSTER_HELP}\n\nExample:\n  $ armature state --redis redis://127.0.0.1:6379`)
    .action((experiment: string | undefined, flags: Flags) => state(experiment, flags, terminal));
};
