import { createRequire } from 'node:module';
import { silent, systemClock } from '@armature/server';
import { openProducer } from '../../packages/server/dist/adapters/kafka/producer.js';

/** Batches to one partition, two under way: through our producer, or through `send` of kafkajs. A part. */
const SIZE = 500;
const UNDER_WAY = 2;
const require = createRequire(new URL('../../packages/server/package.json', import.meta.url));

async function ours(kafka) {
  const producer = await openProducer(kafka, { logger: silent, clock: systemClock() });
  return {
    send: async (messages) => {
      const appended = await producer.append('events', 0, messages);
      return appended.length;
    },
  };
}

async function theirs({ brokers, prefix }) {
  process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1';
  const { Kafka, logLevel } = require('kafkajs');
  const producer = new Kafka({ clientId: 'bench', brokers, logLevel: logLevel.NOTHING }).producer();
  await producer.connect();
  return {
    send: async (messages) => {
      const [{ errorCode }] = await producer.send({
        topic: `${prefix}.events`,
        acks: -1,
        messages: messages.map((message) => ({ ...message, partition: 0 })),
      });
      return errorCode === 0 ? messages.length : 0;
    },
  };
}

/** Messages as large as those of servers are. */
function someMessages() {
  const propensity = 0.25;
  const data = { experiment: 'reader', definition: `sha256:${'0f'.repeat(32)}`, arm: 'large', propensity };
  return Array.from({ length: SIZE }, (_, n) => {
    const id = `0199f0a1-2b3c-7c3a-9d2b-${n.toString(16).padStart(12, '0')}`;
    const head = { specversion: '1.0', type: 'dev.armature.decision.v1', source: '/sdk/9f3a2c', id };
    const event = { ...head, time: '2026-11-24T12:00:00.000Z' };
    const value = JSON.stringify({ ...event, data: { ...data, snapshot: '1.1', reason: 'split', unit: `u-${n}` } });
    return { key: id, value };
  });
}

const senders = { ours, theirs };

/** An operation is a batch. */
export async function prepare({ how, kafka }) {
  const messages = someMessages();
  const { send } = await senders[how](kafka);
  let sent = 0;
  return {
    least: UNDER_WAY,
    async run(n) {
      let begun = 0;
      const lane = async () => {
        while (begun < n) {
          begun += 1;
          const count = await send(messages);
          sent += count;
        }
      };
      await Promise.all(Array.from({ length: UNDER_WAY }, lane));
    },
    async verify(done) {
      if (sent !== done * SIZE) throw new Error(`${done} batches were to be sent, and ${sent} events were`);
      return { bytes: messages[0].value.length };
    },
  };
}
