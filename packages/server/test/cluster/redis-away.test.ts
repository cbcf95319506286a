import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryStickyStore } from '@armature/sdk/sticky';
import { expect, test } from 'vitest';
import { describeWith } from '../../../../test/environment.js';
import { START_MS, sharedKafka } from '../../../../test/provisioned.js';
import { ensureTopics } from '../../src/adapters/kafka/topics.js';
import { silent } from '../../src/adapters/loggers.js';
import { buildApp } from '../../src/app.js';
import { openClusterEngine } from '../../src/cluster/cluster-engine.js';
import { until } from '../kafka/until.js';
import { redisProcess } from '../redis/redis-process.js';
import { decisionOf } from '../workspace.js';

const FILE = 'experiment: reader\narms: [large, small]\nassign: request\n';

describeWith('kafka', 'while Redis is away', () => {
  test(
    'readiness and a figure say so, events are taken, and all of them are counted once it is back',
    async () => {
      const root = await mkdtemp(join(tmpdir(), 'armature-away-'));
      const experiments = join(root, 'experiments');
      await mkdir(experiments);
      await writeFile(join(experiments, 'a.yaml'), FILE);
      const prefix = `away-${randomBytes(4).toString('hex')}`;
      const kafka = { brokers: await sharedKafka(), prefix, group: `${prefix}.owners` };
      await ensureTopics(kafka, { partitions: 1, replication: 1, logger: silent });
      const redis = await redisProcess(['--appendonly', 'yes', '--appendfsync', 'always']);
      const engine = await openClusterEngine({
        ...{ experiments, data: root, kafka, redis: { url: redis.url, prefix }, watch: false },
        sticky: memoryStickyStore(),
      });
      const app = await buildApp(engine);
      const figure = async (name: string): Promise<number> => {
        const { body } = await app.inject('/metrics');
        return Number(new RegExp(`^armature_${name} (\\S+)$`, 'm').exec(body)?.[1]);
      };
      const opened = (): number =>
        engine
          .statistics()
          .flatMap(({ arms }) => arms)
          .reduce((sum, arm) => sum + arm.opened, 0);
      const send = async (): Promise<void> => {
        const { errors } = await engine.ingest([decisionOf(engine.snapshot, 'reader', 'large', Date.now())]);
        expect(errors).toEqual([]);
      };
      try {
        await send();
        await until(() => opened() === 1);
        expect(await figure('state_unreachable')).toBe(0);
        await redis.kill();
        await send();
        await until(() => engine.logFault()?.code === 'STATE_UNAVAILABLE');
        expect(await figure('state_unreachable')).toBe(1);
        const ready = await app.inject('/readyz');
        expect([ready.statusCode, ready.json().log.code]).toEqual([200, 'STATE_UNAVAILABLE']);
        await redis.start();
        await until(() => engine.logFault() === undefined);
        await until(() => opened() === 2);
        expect(await figure('state_unreachable')).toBe(0);
      } finally {
        await app.close();
        await engine.close();
        await redis.dispose();
        await rm(root, { recursive: true, force: true });
      }
    },
    START_MS,
  );
});
