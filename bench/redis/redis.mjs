import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { emptyState, startJournal, takeChanges } from '@armature/analysis/fold';
import { silent, systemClock } from '@armature/server';
import { Redis } from 'ioredis';
import { openSharedState } from '../../packages/server/dist/adapters/redis/shared-state.js';
import { provision } from '../../packages/server/dist/provision/provision.js';
import { redisSources } from '../../packages/server/dist/provision/sources.js';
import { folding, registryOf } from '../fold/folding.mjs';
import { writeLog } from '../fold/written-log.mjs';
import { bytesOfIds, redisCpuUs } from '../harness/redis-figures.mjs';
import { median, spread } from '../harness/statistics.mjs';

export const title = 'redis: the state of one partition in Redis, by the CPU of Redis itself';
const EVENTS_OF_LOG = 20_000;
const COMMITS = 100;
const SIZES = [100, 1000, 10_000];
const SCRIPT_EVENTS = 20_000;
const PIPELINE = 500;
const SET_IDS = 100_000;
const ID_BYTES = 17;
const PREFIX = 'bench';

/** What most systems do: for each event a script that looks at an offset and adds to three numbers. */
const PER_EVENT = `
if tonumber(redis.call('HGET', KEYS[1], 'o') or '-1') >= tonumber(ARGV[1]) then return 0 end
redis.call('HINCRBYFLOAT', KEYS[1], 'n', 1)
redis.call('HINCRBYFLOAT', KEYS[1], 's', ARGV[2])
redis.call('HINCRBYFLOAT', KEYS[1], 'q', ARGV[2])
redis.call('HSET', KEYS[1], 'o', ARGV[1])
return 1`;

/** us of all its threads. */
async function cpuUs(client, run) {
  const before = await redisCpuUs(client);
  await run();
  return (await redisCpuUs(client)) - before;
}

/** A partition that is folded and committed, so many events at a time. */
async function owner(shared, partition, registry) {
  const state = emptyState();
  startJournal(state);
  const { decide } = folding(registry, state);
  let revision;
  return async (events) => {
    decide(events);
    const at = { log: 'bench', offset: state.offset, anchor: String(state.offset), totals: '{}' };
    revision = await shared.commit(partition, revision, { ...at, changes: takeChanges(state) });
    if (revision === undefined) throw new Error('a commit was refused');
  };
}

async function perEvent(client) {
  for (let n = 0; n < SCRIPT_EVENTS; n += PIPELINE) {
    const pipeline = client.pipeline();
    for (let k = 0; k < PIPELINE; k += 1) pipeline.perEvent('bench:script', n + k, '0.5');
    for (const [failure] of await pipeline.exec()) if (failure) throw failure;
  }
  await client.del('bench:script');
}

async function bytesOfSet(client) {
  const ids = Array.from({ length: SET_IDS }, () => randomBytes(16));
  for (let n = 0; n < SET_IDS; n += 1000) await client.sadd('bench:set', ...ids.slice(n, n + 1000));
  const bytes = (await client.memory('USAGE', 'bench:set', 'SAMPLES', 0)) / SET_IDS;
  await client.del('bench:set');
  return bytes;
}

async function measured({ client, url, shared, registry, rounds, onRound }) {
  const commits = await Promise.all(SIZES.map((_, partition) => owner(shared, partition, registry)));
  const own = SIZES.map(() => []);
  const peer = [];
  for (const commit of commits) await commit(1000);
  await perEvent(client);
  for (let round = 0; round < rounds; round += 1) {
    onRound(round, rounds);
    peer.push((await cpuUs(client, () => perEvent(client))) / SCRIPT_EVENTS);
    for (const [n, size] of SIZES.entries()) {
      const all = Math.max(10, Math.min(COMMITS, 100_000 / size));
      const us = await cpuUs(client, async () => {
        for (let k = 0; k < all; k += 1) await commits[n](size);
      });
      own[n].push(us / (all * size));
    }
  }
  const ids = await Promise.all(SIZES.map((_, partition) => bytesOfIds(client, { url, prefix: PREFIX }, partition)));
  return { own, peer, ids, setBytes: await bytesOfSet(client) };
}

function rowsOf({ own, peer, ids, setBytes }) {
  const cost = SIZES.map((size, n) => ({
    what: `a commit of ${size.toLocaleString('en-US')} decisions`,
    unit: 'us Redis CPU a decision',
    ours: median(own[n]),
    peer: { name: `us, a script for each, ${PIPELINE} in a pipeline`, value: median(peer) },
    ratio: median(own[n].map((us, round) => peer[round] / us)),
    spread: spread(own[n].map((us, round) => peer[round] / us)),
    note: `${Math.round(median(own[n]) * size)} us a commit`,
  }));
  const memory = SIZES.map((size, n) => ({
    what: `an id that is remembered, ${size.toLocaleString('en-US')} decisions a commit`,
    unit: 'bytes',
    ours: ids[n].bytes,
    peer: { name: 'bytes, SADD of 16', value: setBytes },
    ratio: setBytes / ids[n].bytes,
    most: ID_BYTES,
    note: `${ids[n].ids.toLocaleString('en-US')} ids, by MEMORY USAGE`,
  }));
  return [...cost, ...memory];
}

/** No rows where there is no Redis to be started. */
export async function measure({ rounds, onRound }) {
  const variables = { ...process.env, ARMATURE_REDIS_URL: undefined };
  if (redisSources(variables).length === 0) return [];
  const directory = mkdtempSync(join(tmpdir(), 'armature-bench-'));
  const servers = await provision({ redis: true, tell: () => {}, variables });
  const url = servers.redisUrl;
  const client = new Redis(url, { scripts: { perEvent: { lua: PER_EVENT, numberOfKeys: 1 } } });
  const shared = await openSharedState({ url, prefix: PREFIX }, { logger: silent, clock: systemClock() });
  try {
    writeLog(directory, EVENTS_OF_LOG);
    const registry = await registryOf(directory);
    return rowsOf(await measured({ client, url, shared, registry, rounds: Math.min(rounds, 7), onRound }));
  } finally {
    await shared.close();
    client.disconnect();
    await servers.dispose();
    rmSync(directory, { recursive: true, force: true });
  }
}
