import { cliError } from './cli-errors.js';
import { DATA } from './data-directory.js';
import type { AddCommand } from './run.js';
import { integer } from './serve.js';

interface DemoFlags {
  readonly data?: string;
  readonly fast?: boolean;
  readonly seed?: number;
  readonly kafka?: boolean;
}

/** Visitors in all, and how fast they come: a minute, or ten seconds. */
const NORMAL = { total: 48_000, perSecond: 800 } as const;
const FAST = { total: 24_000, perSecond: 2400 } as const;
/** Two servers, Kafka and Redis on one machine, and trials that wait for a server which comes back: twenty seconds. */
const FAST_SHARED = { total: 24_000, perSecond: 1200 } as const;

/** `armature demo`: a bandit learns, live, from a durable log; then the report. */
export const demoCommand: AddCommand = (program, terminal) => {
  program
    .command('demo')
    .description('watch a bandit learn from a durable log for a minute, then read the report')
    .option('--fast', 'ten seconds instead of a minute')
    .option(
      '--seed <number>',
      'one process on a virtual clock: the same seed gives the same report',
      integer(0, 999_999_999),
    )
    .option('--kafka', 'two servers over a real Kafka and a real Redis, found or started')
    .option('--data <folder>', `where the log goes (default: ${DATA}/demo, or ${DATA}/demo-kafka)`)
    .addHelpText(
      'after',
      '\nKilled half-way, it goes on where it was; with --kafka it begins anew. Visitors click at the published rates of a real test.\n\nExample:\n  $ armature demo --fast',
    )
    .action(async ({ data: folder, fast, seed, kafka }: DemoFlags) => {
      const data = folder ?? `${DATA}/${kafka ? 'demo-kafka' : 'demo'}`;
      const plan = { data, ...(fast ? (kafka ? FAST_SHARED : FAST) : NORMAL) };
      if (kafka) {
        if (seed !== undefined) throw cliError('USAGE', { got: '--kafka with --seed' });
        const { clusterDemo } = await import('./demo/cluster-demo.js');
        await clusterDemo(terminal, plan);
      } else if (seed === undefined) {
        const { liveDemo } = await import('./demo/live-demo.js');
        await liveDemo(terminal, plan);
      } else {
        const { seededDemo } = await import('./demo/seeded-demo.js');
        await seededDemo(terminal, { ...plan, seed });
      }
    });
};
