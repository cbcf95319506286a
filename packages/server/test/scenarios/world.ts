import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StatisticsCell } from '@armature/sdk/protocol';
import { memoryStickyStore } from '@armature/sdk/sticky';
import { systemClock } from '../../src/adapters/clock.js';
import { ensureTopics } from '../../src/adapters/kafka/topics.js';
import { silent } from '../../src/adapters/loggers.js';
import { openClusterEngine } from '../../src/cluster/cluster-engine.js';
import { type Observer, openObserver } from '../../src/cluster/observer.js';
import { type Engine, openEngine } from '../../src/engine.js';

/** One or several servers over one log, whatever it is made of. */
export interface World {
  /** Those that run now: the same events may be given to any of them. */
  readonly engines: readonly Engine[];
  write(file: string, text: string): Promise<void>;
  /** What was counted, over all partitions. */
  statistics(): Promise<readonly StatisticsCell[]>;
  /** Trials that wait for their window to close. */
  open(): Promise<number>;
  /** Closes all servers and opens as many again. */
  restart(): Promise<void>;
  dispose(): Promise<void>;
}

export type MakeWorld = (files: { readonly [file: string]: string }) => Promise<World>;

const PARTITIONS = 3;

async function folders(files: { readonly [file: string]: string }) {
  const root = await mkdtemp(join(tmpdir(), 'armature-world-'));
  const experiments = join(root, 'experiments');
  await mkdir(experiments);
  const write = (file: string, text: string): Promise<void> => writeFile(join(experiments, file), text);
  for (const [file, text] of Object.entries(files)) await write(file, text);
  return { root, experiments, data: join(root, 'data'), write };
}

const sum = (open: ReadonlyMap<string, { readonly open: number }>): number =>
  [...open.values()].reduce((total, each) => total + each.open, 0);

/** One server with files. */
export const embeddedWorld: MakeWorld = async (files) => {
  const { root, experiments, data, write } = await folders(files);
  const start = (): Promise<Engine> => openEngine({ experiments, data, partitions: PARTITIONS, watch: false });
  let engine = await start();
  return {
    get engines() {
      return [engine];
    },
    write,
    statistics: async () => engine.statistics(),
    open: async () => sum(engine.openTrials()),
    async restart() {
      await engine.close();
      engine = await start();
    },
    async dispose() {
      await engine.close();
      await rm(root, { recursive: true, force: true });
    },
  };
};

/** Two servers over Kafka and Redis. */
export const clusterWorld =
  (brokers: readonly string[], redisUrl: string): MakeWorld =>
  async (files) => {
    const { root, experiments, data, write } = await folders(files);
    await mkdir(data);
    const prefix = `scenario-${randomBytes(4).toString('hex')}`;
    const kafka = { brokers, prefix, group: `${prefix}.owners` };
    const redis = { url: redisUrl, prefix };
    await ensureTopics(kafka, { partitions: PARTITIONS, replication: 1, logger: silent });
    const sticky = memoryStickyStore();
    const start = (): Promise<Engine> =>
      openClusterEngine({
        experiments,
        data,
        kafka,
        redis,
        sticky,
        partitions: PARTITIONS,
        watch: false,
        sessionMs: 6000,
      });
    let engines = [await start(), await start()];
    const observer: Observer = await openObserver({ kafka, redis, clock: systemClock(), logger: silent });
    return {
      get engines() {
        return engines;
      },
      write,
      async statistics() {
        await observer.look();
        return observer.statistics();
      },
      async open() {
        await observer.look();
        return sum(observer.openTrials());
      },
      async restart() {
        await Promise.all(engines.map((engine) => engine.close()));
        engines = [await start(), await start()];
      },
      async dispose() {
        await observer.close();
        await Promise.all(engines.map((engine) => engine.close()));
        await rm(root, { recursive: true, force: true });
      },
    };
  };
