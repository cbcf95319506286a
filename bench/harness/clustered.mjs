import { randomBytes } from 'node:crypto';
import { silent } from '@armature/server';
import { ensureTopics } from '../../packages/server/dist/adapters/kafka/topics.js';
import { provision } from '../../packages/server/dist/provision/provision.js';

/** A real Kafka and a real Redis for one bench, and topics of its own. */
const ABSENT = new Set(['REDIS_NOT_FOUND', 'KAFKA_NOT_FOUND']);
const PARTITIONS = 4;

/** A busy broker may not know a topic yet that it has just made. */
async function made(kafka, attempts = 5) {
  try {
    await ensureTopics(kafka, { partitions: PARTITIONS, replication: 1, logger: silent });
  } catch (cause) {
    if (cause.code !== 'TOPIC_MISSING' || attempts === 1) throw cause;
    await new Promise((resolve) => setTimeout(resolve, 500));
    await made(kafka, attempts - 1);
  }
}

/**
 * Runs a bench over a Kafka that is given or started, and a Redis that is always started, so that its CPU is ours alone.
 *
 * @param name told where there are no servers
 * @param run given brokers, the address of Redis and what makes topics under a new prefix; resolves with rows
 * @returns its rows; none where servers are neither there nor to be started
 */
export async function clustered(name, run) {
  let servers;
  try {
    const variables = { ...process.env, ARMATURE_REDIS_URL: undefined };
    servers = await provision({ redis: true, kafka: true, tell: () => {}, variables });
  } catch (cause) {
    if (!ABSENT.has(cause.code)) throw cause;
    console.error(`bench: ${name} skipped: ${cause.message}`);
    return [];
  }
  const { brokers, redisUrl } = servers;
  const topics = async () => {
    const prefix = `bench-${randomBytes(4).toString('hex')}`;
    const kafka = { brokers, prefix, group: `${prefix}.owners` };
    await made(kafka);
    return kafka;
  };
  try {
    return await run({ brokers, redisUrl, topics });
  } finally {
    await servers.dispose();
  }
}

/** What makes a server one of several, for its environment. */
export const clusterVariables = ({ brokers, prefix }, redisUrl) => ({
  ARMATURE_KAFKA_BROKERS: brokers.join(','),
  ARMATURE_REDIS_URL: redisUrl,
  ARMATURE_PREFIX: prefix,
});
