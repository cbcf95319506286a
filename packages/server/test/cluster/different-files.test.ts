import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryStickyStore } from '@armature/sdk/sticky';
import { beforeAll, expect, test } from 'vitest';
import { describeWith } from '../../../../test/environment.js';
import { START_MS, sharedKafka, sharedRedis } from '../../../../test/provisioned.js';
import { ensureTopics } from '../../src/adapters/kafka/topics.js';
import { silent } from '../../src/adapters/loggers.js';
import { openClusterEngine } from '../../src/cluster/cluster-engine.js';

describeWith('kafka', 'servers with different experiment files', () => {
  let brokers: readonly string[];
  let url: string;
  beforeAll(async () => {
    [brokers, url] = await Promise.all([sharedKafka(), sharedRedis()]);
  }, START_MS);

  test('do not take turns: the definition of the last that started, or was edited, stays', async () => {
    const root = await mkdtemp(join(tmpdir(), 'armature-files-'));
    const prefix = `files-${randomBytes(4).toString('hex')}`;
    const kafka = { brokers, prefix, group: `${prefix}.owners` };
    await ensureTopics(kafka, { partitions: 1, replication: 1, logger: silent });
    const open = async (name: string, arms: string) => {
      const experiments = join(root, name);
      await mkdir(experiments);
      await writeFile(join(experiments, 'a.yaml'), `experiment: button\narms: [${arms}]\n`);
      const redis = { url, prefix };
      return openClusterEngine({ experiments, data: root, kafka, redis, sticky: memoryStickyStore(), watch: false });
    };
    const older = await open('older', 'blue, green');
    const newer = await open('newer', 'blue, green, red');
    try {
      const definition = newer.known.get('button')?.hash;
      const { version } = newer.snapshot;
      for (let look = 0; look < 3; look += 1) {
        expect(await older.reload()).toBeUndefined();
        expect(await newer.reload()).toBeUndefined();
      }
      expect(newer.known.get('button')?.hash).toBe(definition);
      expect(newer.snapshot.version).toBe(version);
      await writeFile(join(root, 'older', 'a.yaml'), 'experiment: button\narms: [blue, green, yellow]\n');
      expect(await older.reload()).toBeUndefined();
      expect(older.known.get('button')?.current.arms.map(({ id }) => id)).toContain('yellow');
    } finally {
      await Promise.all([older.close(), newer.close()]);
      await rm(root, { recursive: true, force: true });
    }
  }, 60_000);
});
