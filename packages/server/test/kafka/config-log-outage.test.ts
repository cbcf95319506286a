import { setTimeout as sleep } from 'node:timers/promises';
import { isArmatureError } from '@armature/sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWith } from '../../../../test/environment.js';
import { ownServers, START_MS } from '../../../../test/provisioned.js';
import { systemClock } from '../../src/adapters/clock.js';
import { openConfigLog } from '../../src/adapters/kafka/config-log.js';
import { openProducer } from '../../src/adapters/kafka/producer.js';
import { silent } from '../../src/adapters/loggers.js';
import type { KafkaSettings, Producer, SharedConfigLog } from '../../src/cluster/ports.js';
import type { Provisioned } from '../../src/provision/provisioned.js';
import { version } from './config-events.js';
import { makeTopic, settingsOf } from './kafka-topics.js';

describeWith('ownKafka', 'the shared config log and a broker that dies', () => {
  let servers: Provisioned;
  let settings: KafkaSettings;
  beforeAll(async () => {
    servers = await ownServers({ kafka: true });
    settings = settingsOf(servers.brokers ?? []);
    await makeTopic(settings, 'events', { partitions: 2 });
    await makeTopic(settings, 'config');
  }, START_MS);
  afterAll(() => servers?.dispose(), 60_000);

  const open = async (): Promise<{ log: SharedConfigLog; producer: Producer }> => {
    const producer = await openProducer(settings, { logger: silent, timeoutMs: 4000, requestMs: 2000 });
    return { producer, log: await openConfigLog({ settings, producer, logger: silent, clock: systemClock() }) };
  };

  test('whatever a writer was told while the broker was killed is true, and it goes on by itself', async () => {
    const opened = await Promise.all([open(), open(), open()]);
    const granted: string[] = [];
    const refused: string[] = [];
    let uncertain = 0;
    let running = true;
    const write = async ({ log }: { log: SharedConfigLog }, writer: number): Promise<void> => {
      for (let n = 0; running; n += 1) {
        const ids = [`${writer}.${n}.a`, `${writer}.${n}.b`];
        try {
          const records = await log.append(ids.map((id) => version('1.1', id)));
          granted.push(...records.map(({ event }) => event.id));
        } catch (cause) {
          if (!isArmatureError(cause)) throw cause;
          expect(cause.retryable).toBe(true);
          if (cause.code === 'WRITE_UNCERTAIN') uncertain += 1;
          else refused.push(...ids);
        }
        await sleep(5);
      }
    };
    const writers = opened.map(write);
    for (let kill = 0; kill < 2; kill += 1) {
      const before = granted.length;
      while (granted.length < before + 20) await sleep(20);
      await servers.kafka?.[0]?.kill();
      await sleep(kill * 5000);
      await servers.kafka?.[0]?.start();
    }
    const before = granted.length;
    while (granted.length < before + 20) await sleep(20);
    running = false;
    await Promise.all(writers);
    await Promise.all(opened.map(({ log }) => log.catchUp()));

    const { log, producer } = await open();
    const ids: string[] = [];
    for await (const records of log.read(0)) ids.push(...records.map(({ event }) => event.id));
    expect(new Set(ids).size).toBe(ids.length);
    expect(granted.filter((id) => !ids.includes(id))).toEqual([]);
    expect(refused.filter((id) => ids.includes(id))).toEqual([]);
    expect(ids.length - granted.length).toBeLessThanOrEqual(2 * uncertain);
    for (const id of ids) if (id.endsWith('.a')) expect(ids[ids.indexOf(id) + 1]).toBe(id.replace('.a', '.b'));
    expect(new Set(opened.map(({ log: { end } }) => end))).toEqual(new Set([log.end]));
    for (const each of [...opened, { log, producer }]) {
      await each.log.close();
      await each.producer.close();
    }
  }, 180_000);
});
