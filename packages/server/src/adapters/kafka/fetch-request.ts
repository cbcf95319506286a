import type { Broker, KafkaMessage } from 'kafkajs';
import { exactInteger } from './offset.js';

/** The broker's answer to a fetch request, as kafkajs gives it without types. */
interface FetchAnswer {
  readonly responses: readonly {
    readonly topicName: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly highWatermark: string;
      readonly messages: readonly FetchedMessage[];
    }[];
  }[];
}

/** A record, or a marker of a transaction in its place. */
export type FetchedMessage = KafkaMessage & { readonly isControlRecord?: boolean };

/** From where a partition is wanted. */
export interface FetchPlace {
  readonly partition: number;
  readonly offset: number;
}

export interface Fetched {
  readonly partition: number;
  /** Offset behind the last record of the partition. */
  readonly end: number;
  /** In order. A compressed batch comes whole, so the first ones may lie before the offset that was asked for. */
  readonly messages: readonly FetchedMessage[];
}

const PARTITION_BYTES = 1024 * 1024;
const ANSWER_BYTES = 8 * 1024 * 1024;

/**
 * Asks a broker for the records of partitions that it leads, and waits up to `waitMs` for the first. The error of one
 * partition is the error of the whole answer.
 */
export async function fetchRecords(
  broker: Broker,
  topic: string,
  places: readonly FetchPlace[],
  waitMs: number,
): Promise<readonly Fetched[]> {
  const partitions = places.map(({ partition, offset }) => {
    return { partition, fetchOffset: String(offset), maxBytes: PARTITION_BYTES };
  });
  const answer: FetchAnswer = await broker.fetch({
    maxWaitTime: waitMs,
    minBytes: 1,
    maxBytes: ANSWER_BYTES,
    topics: [{ topic, partitions }],
  });
  const found = answer.responses.filter((each) => each.topicName === topic).flatMap((each) => each.partitions);
  return found.map(({ partition, highWatermark, messages }) => {
    return { partition, end: exactInteger(highWatermark), messages };
  });
}
