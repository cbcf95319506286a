import { silent, systemClock } from '@armature/server';
import { inspectState } from '../../packages/server/dist/adapters/redis/inspect-state.js';

/** What Redis says of itself. */
const ID_PARTS = /^(ids|uncounted|rewardIds|exposureIds|units)\./;

async function numberOf(client, section, name) {
  return Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(await client.info(section))?.[1]);
}

/** us of CPU of all its threads since its start. */
export async function redisCpuUs(client) {
  return 1e6 * ((await numberOf(client, 'cpu', 'used_cpu_user')) + (await numberOf(client, 'cpu', 'used_cpu_sys')));
}

/** Bytes of an id that Redis has allocated: keys, lists and what is spare in them. */
export async function bytesOfIds(client, { url, prefix }, partition) {
  const { partitions } = await inspectState({ url, prefix }, { logger: silent, clock: systemClock() });
  const { ids } = partitions.find((shown) => shown.partition === partition);
  const { generation, parts } = await client.hgetall(`${prefix}:{${partition}}:state`);
  let bytes = 0;
  for (const [name] of JSON.parse(parts)) {
    const key = `${prefix}:{${partition}}:${generation}:${name}`;
    if (ID_PARTS.test(name)) bytes += await client.memory('USAGE', key, 'SAMPLES', 0);
  }
  return { bytes: bytes / ids, ids };
}
