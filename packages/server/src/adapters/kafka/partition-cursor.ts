import type { RawRecord, TopicEnds } from '../../cluster/ports.js';
import { serverError } from '../../errors.js';
import type { ClusterLink } from './cluster-link.js';
import { type FetchedMessage, fetchRecords } from './fetch-request.js';
import { kafkaCause, PROTOCOL } from './kafka-fault.js';
import { exactInteger } from './offset.js';
import { rawRecord } from './raw-record.js';

/** Reads one partition from an offset on, in order and without a gap. No consumer group has a part in it. */
export class PartitionCursor {
  readonly #link: ClusterLink;
  readonly #partition: number;
  readonly #gaps: boolean;
  #position: number;

  /** @param gaps whether offsets may be missing: they are in a compacted topic */
  constructor(link: ClusterLink, partition: number, from: number, gaps: boolean) {
    this.#link = link;
    this.#partition = partition;
    this.#position = from;
    this.#gaps = gaps;
  }

  /** Offset of the next record. */
  get position(): number {
    return this.#position;
  }

  /**
   * The next records, at least one if there is one within `waitMs`.
   *
   * @throws DATA_HOLE, LOG_MISMATCH, or what kafkajs threw: then the same records come with the next call
   */
  async next(waitMs: number): Promise<readonly RawRecord[]> {
    const messages = await this.#fetch(waitMs);
    const records: RawRecord[] = [];
    let position = this.#position;
    for (const message of messages) {
      const offset = exactInteger(message.offset);
      // a compressed batch comes whole, also where it begins before the offset that was asked for
      if (offset < position && records.length === 0) continue;
      if (offset !== position && !(this.#gaps && offset > position)) {
        throw serverError('DATA_HOLE', { got: `${this.#where()}: offset ${offset} after ${position - 1}` });
      }
      position = offset + 1;
      if (message.isControlRecord !== true) records.push(rawRecord(this.#partition, message));
    }
    this.#position = position;
    return records;
  }

  async ends(): Promise<TopicEnds> {
    const ends = (await this.#link.ends([this.#partition])).get(this.#partition);
    if (ends === undefined) throw new Error(`${this.#where()} has no ends`);
    return ends;
  }

  /**
   * Compares the position with what the partition holds.
   *
   * @throws DATA_HOLE if records were deleted before they were read; LOG_MISMATCH if it ends before them
   */
  async check(): Promise<void> {
    const { low, high } = await this.ends();
    if (this.#position > high) {
      throw serverError('LOG_MISMATCH', { got: `${this.#where()} ends at ${high}, before ${this.#position}` });
    }
    if (this.#position < low && !this.#gaps) {
      throw serverError('DATA_HOLE', { got: `${this.#where()} begins at ${low}, after ${this.#position}` });
    }
    if (this.#position < low) this.#position = low;
  }

  async #fetch(waitMs: number): Promise<readonly FetchedMessage[]> {
    const broker = await this.#link.leader(this.#partition);
    const place = { partition: this.#partition, offset: this.#position };
    const [found] = await fetchRecords(broker, this.#link.topic, [place], waitMs);
    return found?.messages ?? [];
  }

  #where(): string {
    return `${this.#link.topic}/${this.#partition}`;
  }
}

/** Whether a fetch asked for an offset that the partition has not. */
export function isOutOfRange(thrown: unknown): boolean {
  return kafkaCause(thrown).code === PROTOCOL.OFFSET_OUT_OF_RANGE;
}
