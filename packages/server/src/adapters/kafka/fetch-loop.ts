import type { Clock, Logger } from '../../ports.js';
import { within } from '../within.js';
import { backOff, type ClusterLink } from './cluster-link.js';
import { type FetchPlace, fetchRecords } from './fetch-request.js';
import { isCodecMissing, kafkaCause, kafkaFault } from './kafka-fault.js';
import { isOutOfRange } from './partition-cursor.js';
import type { PartitionReading } from './partition-reading.js';

export interface FetchLoopOptions {
  readonly link: ClusterLink;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long a broker may wait for a first record, ms. */
  readonly waitMs: number;
  readonly requestMs: number;
  /** Called when records can never be read. */
  readonly onFatal: (cause: Error) => void;
}

/** How long a broker is not asked while what it sent is being taken: most is taken by then, and asked for together. */
const TAKE_MS = 50;

/** Asks each leader for all of its partitions that can be taken, one request at a time. */
export class FetchLoop {
  readonly #options: FetchLoopOptions;
  #readings: readonly PartitionReading[] = [];
  readonly #asked = new Map<string, Promise<void>>();
  readonly #answered = new Map<number, number>();
  /** Partitions that could not be read for a moment: their topic may be another one by now. */
  readonly #doubtful = new Set<number>();
  #learning: Promise<void> | undefined;
  #failures = 0;
  #stopped = false;

  constructor(options: FetchLoopOptions) {
    this.#options = options;
  }

  /** Reads these, and no others. */
  read(readings: readonly PartitionReading[]): void {
    this.#readings = readings;
    this.#answered.clear();
    this.#doubtful.clear();
    this.wake();
  }

  /** Looks what can be asked for. */
  wake(): void {
    if (this.#stopped || this.#learning !== undefined) return;
    const places = new Map<string, FetchPlace[]>();
    for (const { partition, wanted } of this.#readings) {
      if (wanted === undefined) continue;
      if (!this.#answered.has(partition)) this.#answered.set(partition, this.#options.clock.now());
      const leader = this.#leaderOf(partition);
      if (leader === undefined) return this.#learn();
      if (this.#asked.has(leader)) continue;
      places.set(leader, [...(places.get(leader) ?? []), { partition, offset: wanted }]);
    }
    for (const [leader, wanted] of places) {
      const asked = this.#ask(leader, wanted).finally(() => {
        this.#asked.delete(leader);
        this.wake();
      });
      this.#asked.set(leader, asked);
    }
  }

  /** Time of the oldest last answer among the partitions that are asked for; now where none is. */
  get progressAt(): number {
    const times = this.#readings.flatMap(({ partition, wanted }) => {
      const time = wanted === undefined ? undefined : this.#answered.get(partition);
      return time === undefined ? [] : [time];
    });
    return Math.min(this.#options.clock.now(), ...times);
  }

  /** Begins with new connections. */
  renew(): void {
    this.#options.link.renew();
    this.#answered.clear();
    this.#doubt(this.#readings);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#options.link.disconnect().catch(() => undefined);
    await Promise.all([...this.#asked.values(), this.#learning]);
  }

  #leaderOf(partition: number): string | undefined {
    try {
      return this.#options.link.leaderId(partition);
    } catch {
      return undefined; // nothing is known yet
    }
  }

  async #ask(leader: string, places: readonly FetchPlace[]): Promise<void> {
    const { link, clock, waitMs, requestMs } = this.#options;
    const { generation } = link;
    const readings = new Map(this.#readings.map((reading) => [reading.partition, reading]));
    try {
      const broker = await within(2 * requestMs, clock, link.broker(leader));
      const answer = await within(2 * requestMs + waitMs, clock, fetchRecords(broker, link.topic, places, waitMs));
      this.#failures = 0;
      const taken = answer.map((fetched) => {
        this.#answered.delete(fetched.partition);
        const reading = readings.get(fetched.partition);
        // it may have been sought elsewhere while the request was under way
        const asked = places.find(({ partition }) => partition === fetched.partition);
        if (reading === undefined || reading.wanted !== asked?.offset) return undefined;
        if (this.#doubtful.delete(fetched.partition)) reading.lost();
        else reading.deliver(fetched);
        return reading.idle();
      });
      await within(TAKE_MS, clock, Promise.all(taken)).catch(() => undefined);
    } catch (thrown) {
      this.#doubt(places);
      await this.#failed(thrown, readings, generation);
    }
  }

  async #failed(thrown: unknown, readings: ReadonlyMap<number, PartitionReading>, generation?: number): Promise<void> {
    const { link, logger, clock, onFatal } = this.#options;
    if (this.#stopped) return;
    if (isCodecMissing(kafkaCause(thrown))) {
      this.#stopped = true;
      onFatal(kafkaFault(thrown, link.topic));
      return;
    }
    this.#failures += 1;
    logger.warn('kafka.fetch', { topic: link.topic, reason: kafkaCause(thrown).message, failures: this.#failures });
    const { partition } = thrown as { readonly partition?: number };
    if (isOutOfRange(thrown) && partition !== undefined) readings.get(partition)?.lost();
    else await link.recover(thrown, generation);
    await new Promise<void>((resolve) => void clock.after(backOff(this.#failures), resolve));
  }

  #doubt(partitions: Iterable<{ readonly partition: number }>): void {
    for (const { partition } of partitions) this.#doubtful.add(partition);
  }

  #learn(): void {
    const { link, clock, requestMs } = this.#options;
    this.#learning = within(3 * requestMs, clock, link.know())
      .then(() => this.#settle())
      .catch((thrown: unknown) => {
        this.#doubt(this.#readings);
        return this.#failed(thrown, new Map());
      })
      .finally(() => {
        this.#learning = undefined;
        this.wake();
      });
  }

  /** Asks again, with a wait, where even fresh knowledge has no leader for a partition. */
  async #settle(): Promise<void> {
    const { link, clock } = this.#options;
    const unled = this.#readings.some(({ partition }) => this.#leaderOf(partition) === undefined);
    if (!unled) return;
    await link.recover(undefined);
    await new Promise<void>((resolve) => void clock.after(backOff(2), resolve));
  }
}
