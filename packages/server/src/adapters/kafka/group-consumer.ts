import type { GroupConsumer, KafkaSettings, RecordTaker } from '../../cluster/ports.js';
import { serverError } from '../../errors.js';
import type { Clock, Logger } from '../../ports.js';
import { systemClock } from '../clock.js';
import { within } from '../within.js';
import { ClusterLink } from './cluster-link.js';
import { type ConnectionTimes, type KafkaConnection, kafkaConnection, REQUEST_MS, topicName } from './connection.js';
import { FetchLoop } from './fetch-loop.js';
import { type GroupMember, joinGroup } from './group-member.js';
import { kafkaFault } from './kafka-fault.js';
import { PartitionReading } from './partition-reading.js';
import { type Watchdog, watch } from './watchdog.js';

export interface GroupConsumerOptions extends ConnectionTimes {
  readonly logger: Logger;
  readonly clock?: Clock;
  /** After this silence the group gives the partitions to others, ms. Default 10,000. */
  readonly sessionMs?: number;
  /** Default 1,000. */
  readonly heartbeatMs?: number;
  /** After this silence the client is built anew, ms. Default 30,000. */
  readonly stallMs?: number;
  /** Clients that are built in vain, while Kafka answers, before it is given up. Default 5. */
  readonly attempts?: number;
  /** Records that are handed over at once, at most. Default 500: the objects of more outlive the collector's first look. */
  readonly sliceRecords?: number;
  /** Bytes after which no more are handed over at once. Default 1 MiB. */
  readonly sliceBytes?: number;
}

const SESSION_MS = 10_000;
const HEARTBEAT_MS = 1_000;
const STALL_MS = 30_000;
const ATTEMPTS = 5;
const SLICE_RECORDS = 500;
const SLICE_BYTES = 1024 * 1024;
const WAIT_MS = 100;
const TELL_MS = 5_000;
const STOP_MS = 3_000;

/**
 * Joins the group of the owners and reads the events of the partitions that it gives to this process.
 *
 * For each partition, after each join: `align`, then `take` of records that follow each other without a gap from there
 * on, one call at a time. A jump is never accepted: what does not begin at the position in memory is read again from
 * there. When `align` or `take` throws, the partition pauses and goes on where it was; others are not held up.
 * `onFailure` is called with CODEC_MISSING when records are compressed in a way that cannot be read, and with
 * CONSUMER_FAILED when the client could not be brought back.
 *
 * @throws KAFKA_UNREACHABLE, TOPIC_MISSING
 */
export async function startGroupConsumer(
  settings: KafkaSettings,
  taker: RecordTaker,
  options: GroupConsumerOptions,
): Promise<GroupConsumer> {
  const connection = kafkaConnection(settings, options.logger, options);
  const running = new RunningConsumer(connection, settings, taker, options);
  await running.start();
  return running;
}

class RunningConsumer implements GroupConsumer {
  readonly #topic: string;
  readonly #group: string;
  readonly #connection: KafkaConnection;
  readonly #taker: RecordTaker;
  readonly #options: GroupConsumerOptions;
  readonly #clock: Clock;
  readonly #loop: FetchLoop;
  readonly #ends: ClusterLink;
  readonly #told = new Map<number, number>();
  readonly #listeners: ((cause: Error) => void)[] = [];
  #readings = new Map<number, PartitionReading>();
  #member: GroupMember | undefined;
  #watchdog: Watchdog | undefined;
  #stopTelling = (): void => {};
  #crash: string | undefined;
  #failure: Error | undefined;
  #stopped = false;

  constructor(connection: KafkaConnection, settings: KafkaSettings, taker: RecordTaker, options: GroupConsumerOptions) {
    this.#topic = topicName(settings, 'events');
    this.#group = settings.group;
    this.#connection = connection;
    this.#taker = taker;
    this.#options = options;
    this.#clock = options.clock ?? systemClock();
    this.#ends = new ClusterLink(connection, this.#topic);
    this.#loop = new FetchLoop({
      link: new ClusterLink(connection, this.#topic),
      clock: this.#clock,
      logger: options.logger,
      waitMs: WAIT_MS,
      requestMs: options.requestMs ?? REQUEST_MS,
      onFatal: (cause) => this.#fail(cause),
    });
  }

  get assigned(): readonly number[] {
    return [...this.#readings.keys()];
  }

  get restarts(): number {
    return this.#watchdog?.restarts ?? 0;
  }

  async start(): Promise<void> {
    try {
      this.#member = await this.#join();
    } catch (cause) {
      throw kafkaFault(cause, this.#topic);
    }
    this.#watchdog = watch({
      clock: this.#clock,
      logger: this.#options.logger,
      stallMs: this.#options.stallMs ?? STALL_MS,
      attempts: this.#options.attempts ?? ATTEMPTS,
      aliveAt: () => Math.min(this.#member?.aliveAt ?? 0, this.#loop.progressAt),
      isReachable: () => this.#look(),
      rebuild: () => this.#rebuild(),
      onGivenUp: (got) => this.#fail(serverError('CONSUMER_FAILED', { got })),
    });
    if (this.#crash !== undefined) this.#watchdog.ended(this.#crash);
    this.#stopTelling = this.#clock.every(TELL_MS, async () => {
      await this.#tell();
      await this.#look();
    });
  }

  lag(): ReturnType<GroupConsumer['lag']> {
    return [...this.#readings.values()].flatMap(({ partition, position, end }) => {
      return position === undefined ? [] : [{ partition, position, end }];
    });
  }

  seek(partition: number, offset: number): void {
    this.#readings.get(partition)?.seek(offset);
  }

  pause(partition: number): void {
    this.#readings.get(partition)?.hold();
  }

  resume(partition: number): void {
    this.#readings.get(partition)?.release();
  }

  tellCommitted(partition: number, offset: number): void {
    this.#told.set(partition, offset);
  }

  onFailure(listener: (cause: Error) => void): void {
    this.#listeners.push(listener);
    if (this.#failure !== undefined) listener(this.#failure);
  }

  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#watchdog?.stop();
    this.#stopTelling();
    await this.#briefly(Promise.all([...this.#readings.values()].map((reading) => reading.cancel())));
    await this.#briefly(this.#tell());
    await this.#member?.leave();
    await this.#briefly(Promise.all([this.#loop.stop(), this.#ends.disconnect()]));
  }

  /** What a dead connection holds up is not waited for: a process that is told to end has seconds for it. */
  async #briefly(task: Promise<unknown>): Promise<void> {
    await within(STOP_MS, this.#clock, task).catch(() => undefined);
  }

  #join(): Promise<GroupMember> {
    const { logger, sessionMs = SESSION_MS, heartbeatMs = HEARTBEAT_MS } = this.#options;
    return joinGroup({
      connection: this.#connection,
      topic: this.#topic,
      group: this.#group,
      clock: this.#clock,
      logger,
      sessionMs,
      heartbeatMs,
      onRebalance: () => {
        for (const reading of this.#readings.values()) void reading.cancel();
      },
      onJoin: (partitions) => this.#assign(partitions),
      onCrash: (cause) => {
        this.#crash = cause.message;
        this.#watchdog?.ended(cause.message);
      },
    });
  }

  #assign(partitions: readonly number[]): void {
    if (this.#stopped) return;
    this.#options.logger.info('kafka.assigned', { group: this.#group, partitions });
    const before = this.#readings;
    const ending = new Map([...before].map(([partition, reading]) => [partition, reading.cancel()]));
    for (const partition of this.#told.keys()) if (!partitions.includes(partition)) this.#told.delete(partition);
    this.#readings = new Map(partitions.map((partition) => [partition, this.#reading(partition)]));
    this.#taker.assigned(partitions);
    for (const [partition, reading] of this.#readings) reading.begin(ending.get(partition));
    this.#loop.read([...this.#readings.values()]);
  }

  #reading(partition: number): PartitionReading {
    return new PartitionReading(partition, {
      taker: this.#taker,
      logger: this.#options.logger,
      clock: this.#clock,
      onReady: () => this.#loop.wake(),
      sliceRecords: this.#options.sliceRecords ?? SLICE_RECORDS,
      sliceBytes: this.#options.sliceBytes ?? SLICE_BYTES,
    });
  }

  async #rebuild(): Promise<void> {
    await this.#member?.leave();
    this.#loop.renew();
    if (!this.#stopped) this.#member = await this.#join();
  }

  /** Asks where the partitions end: those that nobody reads at the moment have a lag too. */
  async #look(): Promise<boolean> {
    try {
      const ends = await within(this.#options.requestMs ?? REQUEST_MS, this.#clock, this.#ends.ends());
      for (const [partition, { high }] of ends) this.#readings.get(partition)?.noteEnd(high);
      return true;
    } catch (cause) {
      await this.#ends.recover(cause);
      return false;
    }
  }

  async #tell(): Promise<void> {
    if (this.#told.size === 0) return;
    const offsets = new Map(this.#told);
    this.#told.clear();
    await this.#member?.tell(offsets);
  }

  #fail(cause: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = cause;
    this.#watchdog?.stop();
    for (const listener of this.#listeners) listener(cause);
  }
}
