import { systemClock } from '../adapters/clock.js';
import { silent } from '../adapters/loggers.js';
import type { KafkaSettings, TopicEnds } from '../cluster/ports.js';
import { serverError } from '../errors.js';
import type { CellDifference } from '../rebuild/cell-differences.js';
import type { Rebuilt } from '../rebuild/rebuild-partition.js';
import { cliError } from './cli-errors.js';
import { CLUSTER_HELP, requireCluster, withCluster } from './cluster-options.js';
import type { ClusterFlags } from './cluster-settings.js';
import { plainText } from './plain-text.js';
import { progress } from './progress.js';
import type { AddCommand } from './run.js';
import { integer } from './serve.js';
import { tableLines } from './table.js';
import type { Terminal } from './terminal.js';

interface Flags extends ClusterFlags {
  readonly partition?: number;
  readonly switch?: boolean;
  readonly acceptHole?: boolean;
  readonly json?: boolean;
}

const number = (value: number): string => value.toLocaleString('en');
const MOST_SHOWN = 20;

/** Partitions that are asked for: all, or one that the log has. */
function partitionsOf(count: number, wanted: number | undefined): readonly number[] {
  if (wanted === undefined) return Array.from({ length: count }, (_, partition) => partition);
  if (wanted < count) return [wanted];
  throw cliError('USAGE', { got: `partition ${wanted}`, todo: `write one from 0 to ${count - 1}` });
}

function endsOf(ends: ReadonlyMap<number, TopicEnds>, partition: number, { prefix }: KafkaSettings): TopicEnds {
  const found = ends.get(partition);
  if (found === undefined) throw serverError('TOPIC_MISSING', { got: `no partition ${partition} of ${prefix}.events` });
  return found;
}

async function rebuild(flags: Flags, terminal: Terminal): Promise<readonly Rebuilt[]> {
  const { kafka, redis } = requireCluster(flags, terminal.variable);
  // loaded here, since other commands have no use for the clients
  const [{ readSharedConfig }, { eventEnds }, { openSharedState }, { sharedRegistry }, { rebuildPartition }] =
    await Promise.all([
      import('../adapters/kafka/read-shared-config.js'),
      import('../adapters/kafka/event-ends.js'),
      import('../adapters/redis/shared-state.js'),
      import('../rebuild/shared-registry.js'),
      import('../rebuild/rebuild-partition.js'),
    ]);
  const ends = await eventEnds(kafka); // first: where the topics are missing it is quick to say so
  const read = () => readSharedConfig(kafka, silent);
  const { identity: log } = await read();
  if (log === undefined) throw serverError('LOG_NOT_BEGUN', { got: `prefix ${kafka.prefix}` });
  const partitions = partitionsOf(log.partitions, flags.partition);
  const registry = await sharedRegistry(read);
  const shared = await openSharedState(redis, { logger: silent, clock: systemClock() });
  const shown = progress(terminal);
  const results: Rebuilt[] = [];
  let records = 0;
  try {
    for (const partition of partitions) {
      const onRecords = (count: number): void => {
        records += count;
        shown.tell(`partition ${partition}, ${number(records)} records folded`);
      };
      const choices = { switch: flags.switch === true, acceptHole: flags.acceptHole === true, onRecords };
      const of = { partition, ends: endsOf(ends, partition, kafka) };
      results.push(await rebuildPartition({ kafka, logger: silent, log, shared, registry, ...of, ...choices }));
    }
    return results;
  } finally {
    shown.end();
    await shared.close();
  }
}

const isFault = ({ compared }: Rebuilt): boolean => compared !== 'same' && compared !== 'none';

function differenceText({ experiment, version, rule, bucket, arm, metric, kept, log }: CellDifference): string {
  const text = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value));
  return `${experiment} ${version} ${rule} ${bucket} arm ${arm} ${metric}: kept ${text(kept)}, the log gives ${text(log)}`;
}

function printDifferences(result: Rebuilt, terminal: Terminal): void {
  const { partition, compared, differences } = result;
  for (const difference of differences.slice(0, MOST_SHOWN)) {
    terminal.out(`partition ${partition}: ${plainText(differenceText(difference))}`);
  }
  if (differences.length > MOST_SHOWN) {
    terminal.out(`partition ${partition}: and ${number(differences.length - MOST_SHOWN)} more; --json has all`);
  }
  if (compared === 'differs' && differences.length === 0) {
    terminal.out(`partition ${partition}: the statistics are the same; ids, open trials or waiting rewards are not`);
  }
}

function print(results: readonly Rebuilt[], terminal: Terminal): void {
  const { green, red, dim } = terminal.colours;
  const columns = [
    { title: 'partition', right: true },
    { title: 'records', right: true },
    { title: 'not events', right: true },
    { title: 'digest' },
    { title: 'kept at', right: true },
    { title: 'compared' },
  ];
  const rows = results.map(({ partition, from, offset, unreadable, digest, keptAt, compared, switched }) => [
    ...[String(partition), number(offset - from), number(unreadable), digest.slice(0, 16)],
    keptAt === null ? '-' : number(keptAt),
    `${compared === 'none' ? 'nothing kept' : compared}${switched ? ', replaced' : ''}`,
  ]);
  const [head, ...lines] = tableLines(columns, rows);
  terminal.out(dim(head ?? ''));
  for (const [index, line] of lines.entries()) {
    const result = results[index];
    terminal.out(result !== undefined && isFault(result) && !result.switched ? red(line) : line);
  }
  for (const result of results) printDifferences(result, terminal);
  const same = results.filter(({ compared }) => compared === 'same').length;
  if (same > 0) terminal.out(green(`${same} of ${results.length} partitions compared, all the same bytes`));
}

/** `armature rebuild`: folds the topics anew and holds what Redis keeps against it. */
export const rebuildCommand: AddCommand = (program, terminal) => {
  const command = program
    .command('rebuild')
    .description('fold the log in Kafka anew, compare with the state in Redis, and replace that with --switch')
    .option('--partition <number>', 'one partition (default: all)', integer(0, 1023))
    .option('--switch', 'replace the state in Redis; servers may run meanwhile')
    .option('--accept-hole', 'go on where the first records of the topic were deleted: they count no more')
    .option('--json', 'print JSON');
  withCluster(command)
    .addHelpText(
      'after',
      `\n${CLUSTER_HELP}\n1 where the state is another.\n\nExample:\n  $ armature rebuild --partition 0`,
    )
    .action(async (flags: Flags) => {
      const results = await rebuild(flags, terminal);
      if (flags.json) terminal.out(JSON.stringify({ partitions: results }, null, 2));
      else print(results, terminal);
      const faults = results.filter((result) => isFault(result) && !result.switched);
      const [first] = faults;
      if (first === undefined) return;
      const more = faults.length > 1 ? ` and ${faults.length - 1} more` : '';
      throw cliError('STATE_DIFFERS', { got: `partition ${first.partition}: ${first.compared}${more}` });
    });
};
