import type { RedisFacts } from '../adapters/redis/redis-facts.js';
import { bytesText, type Check, fault, ok, timeText, warning } from './check.js';

const PART = 'redis';
const LEAST_VERSION = 6;
const CLOCK_MS = 2000;
const FULL = 0.9;
const NEARLY_FULL = 0.7;

const command = (node: string, words: string): string => {
  const colon = node.lastIndexOf(':');
  return `redis-cli -h ${node.slice(0, colon)} -p ${node.slice(colon + 1)} ${words}`;
};
const setting = (node: string, name: string, value: string): string =>
  `${command(node, `CONFIG SET ${name} ${value}`)} && ${command(node, 'CONFIG REWRITE')}`;

function versionCheck({ node, info }: RedisFacts): Check {
  const version = info.get('valkey_version') ?? info.get('redis_version') ?? '0';
  const name = info.has('valkey_version') ? 'Valkey' : 'Redis';
  // Valkey says a version of Redis too, with which it is compatible
  const major = Number((info.get('redis_version') ?? version).split('.')[0]);
  const text = `${name} ${version} at ${node}`;
  if (major >= LEAST_VERSION) return ok(PART, text);
  return fault(PART, `${text} is older than ${LEAST_VERSION}`, '# install Redis 7, or 6 or later, or Valkey');
}

function roleCheck({ node, info }: RedisFacts): readonly Check[] {
  if (info.get('role') !== 'slave') return [];
  const fix = '# name the master in ARMATURE_REDIS_URL, or its Sentinels: redis+sentinel://host:26379/name';
  return [fault(PART, `${node} is a replica and takes no writes`, fix)];
}

/** What is evicted is gone without a word, parts of a state among it. */
function evictionCheck({ node, info, config }: RedisFacts): Check {
  const policy = info.get('maxmemory_policy') ?? config.get('maxmemory-policy') ?? 'unknown';
  if (policy === 'noeviction') return ok(PART, `${node} evicts nothing (maxmemory-policy noeviction)`);
  const fix = setting(node, 'maxmemory-policy', 'noeviction');
  const limit = Number(info.get('maxmemory') ?? 0);
  if (limit > 0) return fault(PART, `${node} evicts parts of the state at ${bytesText(limit)}: ${policy}`, fix);
  return warning(PART, `${node} would evict parts of the state once it has a maxmemory: ${policy}`, fix);
}

function persistenceChecks({ node, info, config }: RedisFacts): readonly Check[] {
  if (info.get('aof_enabled') !== '1') {
    const text = `${node} keeps no append-only file: after a restart the state is made again from checkpoints and log`;
    return [warning(PART, text, setting(node, 'appendonly', 'yes'))];
  }
  if (info.get('aof_last_write_status') === 'err') {
    const fix = `# free the disk of ${node}: it refuses writes until its append-only file can be written`;
    return [fault(PART, `${node} cannot write its append-only file`, fix)];
  }
  const fsync = config.get('appendfsync');
  return [ok(PART, `${node} keeps an append-only file${fsync === undefined ? '' : ` (appendfsync ${fsync})`}`)];
}

/** Without a replica that has to follow, a master that was cut off goes on taking commits that will be discarded. */
function replicaCheck({ node, info, config }: RedisFacts): Check {
  const replicas = Number(info.get('connected_slaves') ?? 0);
  if (replicas === 0) {
    const fix = command('REPLICA:6379', `REPLICAOF ${node.replace(/:(\d+)$/, ' $1')}`);
    return warning(PART, `${node} has no replica: while it is down nothing is learned`, `# start another one: ${fix}`);
  }
  const least = config.get('min-replicas-to-write');
  const text = `${node} has ${replicas} replica${replicas === 1 ? '' : 's'}`;
  if (least === undefined) return ok(PART, `${text}; min-replicas-to-write cannot be seen`);
  if (least !== '0') return ok(PART, `${text}, min-replicas-to-write ${least}`);
  const why = 'cut off from it, the master would go on with commits that are discarded later';
  return warning(PART, `${text} and min-replicas-to-write 0: ${why}`, setting(node, 'min-replicas-to-write', '1'));
}

function memoryCheck({ node, info }: RedisFacts): Check {
  const used = Number(info.get('used_memory') ?? 0);
  const limit = Number(info.get('maxmemory') ?? 0) || Number(info.get('total_system_memory') ?? 0);
  const name = Number(info.get('maxmemory') ?? 0) > 0 ? 'maxmemory' : "its machine's memory";
  if (limit === 0) return ok(PART, `${node} uses ${bytesText(used)}`);
  const share = used / limit;
  const text = `${node} uses ${bytesText(used)}, ${Math.round(100 * share)}% of ${name} (${bytesText(limit)})`;
  if (share < NEARLY_FULL) return ok(PART, text);
  const more = setting(node, 'maxmemory', String(2 * limit));
  const fix = name === 'maxmemory' ? more : `# give ${node} more memory`;
  return share < FULL ? warning(PART, text, fix) : fault(PART, `${text}: commits will be refused`, fix);
}

function clockCheck({ node, aheadMs, answerMs }: RedisFacts): Check {
  const apart = Math.max(0, Math.abs(aheadMs) - answerMs / 2);
  if (apart < CLOCK_MS) return ok(PART, `the clock of ${node} is ours (within ${timeText(Math.max(1, answerMs))})`);
  const way = aheadMs > 0 ? 'ahead of' : 'behind';
  const text = `the clock of ${node} is ${timeText(Math.abs(aheadMs))} ${way} ours`;
  return warning(PART, text, '# let both machines keep time, such as with: sudo timedatectl set-ntp true');
}

/** What is good and bad about each Redis that holds state. */
export function redisChecks(nodes: readonly RedisFacts[]): readonly Check[] {
  return nodes.flatMap((facts) => [
    versionCheck(facts),
    ...roleCheck(facts),
    evictionCheck(facts),
    ...persistenceChecks(facts),
    replicaCheck(facts),
    memoryCheck(facts),
    clockCheck(facts),
  ]);
}
