/** Real servers for suites: those that all files of a run share, and those of one file, which it may kill. */
import { appendFileSync } from 'node:fs';
import { inject } from 'vitest';

import { type ProvisionOptions, provision } from '../packages/server/src/provision/provision.js';
import type { Provisioned } from '../packages/server/src/provision/provisioned.js';

/** Time for a hook that starts servers: the first one on a machine may have to fetch Kafka. */
export const START_MS = 600_000;

/** The environment of a test without addresses of servers: what is found in it may be killed. */
export const WITHOUT_ADDRESSES = { ...process.env, ARMATURE_REDIS_URL: undefined, ARMATURE_KAFKA_BROKERS: undefined };

/** Keeps a line for the end of `npm test`, which names the servers that were used. */
export function tellUsed(line: string): void {
  const file = process.env.ARMATURE_TEST_SERVERS;
  if (file !== undefined) appendFileSync(file, `${line}\n`);
}

async function ask<Answer>(what: 'redis' | 'kafka'): Promise<Answer> {
  const response = await fetch(`${inject('sharedServers')}/${what}`);
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()) as Answer;
}

/** Address of the Redis that all files of this run share, started by the first that asks. Use keys of your own. */
export const sharedRedis = (): Promise<string> => ask<string>('redis');

/** Brokers of the Kafka that all files of this run share, started by the first that asks. Use topics of your own. */
export const sharedKafka = (): Promise<readonly string[]> => ask<readonly string[]>('kafka');

/**
 * Servers for one test file, in suites of `describeWith('ownRedis' | 'ownKafka', …)`: always started here, so that they
 * may be killed. `dispose` them afterwards.
 */
export function ownServers(wanted: Pick<ProvisionOptions, 'redis' | 'kafka'>): Promise<Provisioned> {
  return provision({ ...wanted, tell: tellUsed, variables: WITHOUT_ADDRESSES });
}
