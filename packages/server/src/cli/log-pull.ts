import type { Command } from 'commander';
import { diskFault } from '../adapters/segment-file.js';
import type { PulledInto } from '../pull/pull-into.js';
import { CLUSTER_HELP, requireKafka, withKafka } from './cluster-options.js';
import type { ClusterFlags } from './cluster-settings.js';
import { progress } from './progress.js';
import type { Terminal } from './terminal.js';

interface Flags extends Pick<ClusterFlags, 'kafka' | 'prefix'> {
  readonly data: string;
  readonly json?: boolean;
}

const number = (value: number): string => value.toLocaleString('en');
const plural = (count: number, what: string): string => `${number(count)} ${what}${count === 1 ? '' : 's'}`;

async function pull(flags: Flags, terminal: Terminal): Promise<PulledInto> {
  const kafka = requireKafka(flags, terminal.variable);
  // loaded here, since other commands have no use for a client of Kafka
  const { pullInto } = await import('../pull/pull-into.js');
  const shown = progress(terminal);
  try {
    return await pullInto(kafka, flags.data, (done, all) =>
      shown.tell(`${number(done)} of ${plural(all, 'record')} pulled`),
    );
  } finally {
    shown.end();
  }
}

/** `armature log pull`: a data directory of what the topics hold, for every command that reads one. */
export function pullCommand(log: Command, terminal: Terminal): void {
  const command = log
    .command('pull')
    .description('copy events, definitions and versions from Kafka into a data directory, going on where that ends')
    .requiredOption('--data <folder>', 'data directory, made where there is none; no server may have it')
    .option('--json', 'print JSON');
  withKafka(command)
    .addHelpText(
      'after',
      `\n${CLUSTER_HELP}\nreport, replay, export and log verify read the directory.\n\nExample:\n  $ armature log pull --kafka 127.0.0.1:9092 --data copy && armature report copy`,
    )
    .action(async (flags: Flags) => {
      const outcome = await pull(flags, terminal).catch((cause: unknown) => {
        throw diskFault(cause);
      });
      if (flags.json) return terminal.out(JSON.stringify(outcome, null, 2));
      const { events, unreadable, config, partitions } = outcome;
      const none = unreadable === 0 ? '' : ` (${number(unreadable)} of them no events)`;
      const now = partitions.reduce((sum, end) => sum + end, 0);
      terminal.out(
        `${plural(events, 'new record')}${none}, ${plural(config, 'new record')} of definitions and versions; ${flags.data} has ${plural(now, 'record')} in ${plural(partitions.length, 'partition')}`,
      );
    });
}
