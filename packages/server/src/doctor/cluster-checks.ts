import { eventEnds } from '../adapters/kafka/event-ends.js';
import { type KafkaFacts, kafkaFacts } from '../adapters/kafka/kafka-facts.js';
import { probeClock } from '../adapters/kafka/probe-clock.js';
import { readSharedConfig } from '../adapters/kafka/read-shared-config.js';
import { parseRedisAddress } from '../adapters/redis/redis-address.js';
import { redisFacts } from '../adapters/redis/redis-facts.js';
import { openSharedState } from '../adapters/redis/shared-state.js';
import type { KafkaSettings, RedisSettings, StateMark } from '../cluster/ports.js';
import type { Clock, Logger } from '../ports.js';
import { type Check, failure, fault, ok, plural, timeText, warning } from './check.js';
import { groupChecks } from './group-checks.js';
import { redisChecks } from './redis-checks.js';
import { type LogName, stateChecks } from './state-checks.js';
import { topicChecks } from './topic-checks.js';

export interface ClusterDoctor {
  readonly kafka: KafkaSettings;
  readonly redis: RedisSettings;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whether a record may be appended to the dead letters, by which the broker's clock is read. */
  readonly probe: boolean;
}

function brokerChecks({ brokers }: KafkaFacts, { tls, sasl }: KafkaSettings): readonly Check[] {
  const lost = brokers.filter(({ failure }) => failure !== undefined);
  const names = brokers.map(({ address }) => address).join(', ');
  const reachable = lost.map(({ address, failure }) =>
    fault(
      'kafka',
      `a broker says it is at ${address}, where nobody answers: ${failure}`,
      '# set its advertised.listeners to an address that this machine reaches',
      'KAFKA_UNREACHABLE',
    ),
  );
  const few = `${plural(brokers.length, 'broker')} (${names}): with fewer than three, the loss of one stops writing or takes records away`;
  const count =
    brokers.length >= 3
      ? ok('kafka', `${brokers.length} brokers: ${names}`)
      : warning('kafka', few, '# run three brokers');
  const open = sasl?.mechanism === 'plain' && tls === undefined;
  const bare = warning(
    'kafka',
    'the password of SASL plain goes over the network as it is',
    'export ARMATURE_KAFKA_TLS=true',
  );
  return [count, ...reachable, ...(open ? [bare] : [])];
}

/** What the append times of records say of this clock and the brokers'. */
export function clockChecks({ fromTheFuture, recent, group, ends }: KafkaFacts): readonly Check[] {
  const fix = 'sudo timedatectl set-ntp true';
  if (fromTheFuture.length > 0) {
    const text = `records of partition ${fromTheFuture.join(', ')} were appended later than this machine's clock says it is: one of the clocks is wrong`;
    return [fault('kafka', text, fix, 'LOG_AHEAD')];
  }
  const written = [...ends.values()].some(({ high }) => high > 0);
  if (group.members > 0 && written && !recent) {
    const text = "servers run, and no record of the last minute: they cannot append, or the brokers' clock is behind";
    return [warning('kafka', text, 'armature doctor --probe')];
  }
  return written ? [ok('kafka', 'no record is ahead of this clock')] : [];
}

/** Which log the topics hold, as its first record says. */
async function logChecks(
  doctor: ClusterDoctor,
): Promise<{ readonly log?: LogName; readonly checks: readonly Check[] }> {
  try {
    const { identity, records, skipped } = await readSharedConfig(doctor.kafka, doctor.logger);
    if (identity === undefined) return { checks: [ok('log', 'no log yet: the first server to start begins it')] };
    const more = skipped === 0 ? '' : `, ${plural(skipped, 'record')} passed over`;
    const text = `log ${identity.id} of ${plural(identity.partitions, 'partition')}; ${plural(records.length, 'record')} of definitions and versions${more}`;
    return { log: identity, checks: [ok('log', text)] };
  } catch (cause) {
    return { checks: [failure('log', cause, `armature topics create --prefix ${doctor.kafka.prefix}`)] };
  }
}

async function probeChecks({ kafka, clock, logger }: ClusterDoctor): Promise<readonly Check[]> {
  try {
    const { aheadMs, answerMs } = await probeClock(kafka, { clock, logger });
    const apart = Math.max(0, Math.abs(aheadMs) - answerMs / 2);
    const text = `a record was appended in ${timeText(answerMs)}; the broker's clock is ${timeText(Math.abs(aheadMs))} ${aheadMs > 0 ? 'ahead' : 'behind'}`;
    return [apart < 2000 ? ok('kafka', text) : warning('kafka', text, 'sudo timedatectl set-ntp true')];
  } catch (cause) {
    return [failure('kafka', cause, `armature topics create --prefix ${kafka.prefix}`)];
  }
}

interface KafkaSide {
  readonly checks: readonly Check[];
  readonly facts?: KafkaFacts;
  readonly log?: LogName;
}

async function kafkaSide(doctor: ClusterDoctor): Promise<KafkaSide> {
  const { kafka, clock, probe } = doctor;
  let facts: KafkaFacts;
  try {
    facts = await kafkaFacts(kafka, clock);
  } catch (cause) {
    const [host = '', port = ''] = (kafka.brokers[0] ?? '').split(':');
    return { checks: [failure('kafka', cause, `nc -vz ${host} ${port}`)] };
  }
  const config = facts.topics.find(({ kind }) => kind === 'config');
  const { log, checks } = config?.partitions === 1 ? await logChecks(doctor) : { log: undefined, checks: [] };
  const dead = facts.topics.some(({ kind }) => kind === 'dead-letters');
  const all = [
    ...brokerChecks(facts, kafka),
    ...clockChecks(facts),
    ...(probe && dead ? await probeChecks(doctor) : []),
    ...topicChecks(kafka, facts.topics, log?.partitions),
    ...checks,
    ...(facts.ends.size > 0 ? groupChecks(facts.group, facts.ends) : []),
  ];
  return { checks: all, facts, ...(log === undefined ? {} : { log }) };
}

/** Asks the first server that the address names for a sign of life. */
function pingOf(redis: RedisSettings): string {
  const [{ host, port }] = parseRedisAddress(redis).hosts;
  return `redis-cli -h ${host} -p ${port} PING`;
}

async function redisSide({
  redis,
  clock,
  logger,
}: ClusterDoctor): Promise<{ readonly checks: readonly Check[]; readonly answers: boolean }> {
  try {
    return { checks: redisChecks(await redisFacts(redis, { clock, logger })), answers: true };
  } catch (cause) {
    return {
      checks: [failure('redis', cause, pingOf(redis))],
      answers: false,
    };
  }
}

async function marksOf(
  { redis, clock, logger }: ClusterDoctor,
  partitions: number,
): Promise<readonly (StateMark | undefined)[]> {
  const state = await openSharedState(redis, { logger, clock });
  try {
    return await state.marks(Array.from({ length: partitions }, (_, partition) => partition));
  } finally {
    await state.close();
  }
}

/** What is good and bad about Kafka, Redis and what they hold. Nothing is written, unless a probe was asked for. */
export async function clusterChecks(doctor: ClusterDoctor): Promise<readonly Check[]> {
  const [kafka, redis] = await Promise.all([kafkaSide(doctor), redisSide(doctor)]);
  const { log, facts } = kafka;
  if (log === undefined || facts === undefined || facts.ends.size === 0 || !redis.answers)
    return [...kafka.checks, ...redis.checks];
  try {
    const marks = await marksOf(doctor, log.partitions);
    // the ends after the marks: else an owner that is at work would seem to be ahead of its topic
    const state = stateChecks(log, marks, await eventEnds(doctor.kafka));
    return [...kafka.checks, ...redis.checks, ...state];
  } catch (cause) {
    return [...kafka.checks, ...redis.checks, failure('state', cause, 'armature doctor')];
  }
}
