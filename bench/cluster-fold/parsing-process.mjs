import { createRequire } from 'node:module';
import { metered, runStages } from '../harness/task-process.mjs';

/** The floor: a consumer of kafkajs that does JSON.parse with each value, from the first event to the last. */
const { brokers, topic, group, all } = JSON.parse(process.argv[2]);
const { Kafka, logLevel } = createRequire(new URL('../../packages/server/package.json', import.meta.url))('kafkajs');
const kafka = new Kafka({ clientId: 'bench', brokers, logLevel: logLevel.NOTHING });
const consumer = kafka.consumer({ groupId: group, sessionTimeout: 6000 });
let events = 0;
let read = 0;

async function join() {
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  return {};
}

async function parse() {
  await consumer.run({
    autoCommitInterval: 5000,
    eachBatch: async ({ batch }) => {
      for (const { value } of batch.messages) if (JSON.parse(value.toString()).specversion === '1.0') events += 1;
      read += batch.messages.length;
    },
  });
  const measured = await metered({ all, progress: () => events, done: () => read >= all });
  return { ...measured, counted: events };
}

async function leave() {
  await consumer.disconnect();
  return {};
}

await runStages([join, parse, leave]);
