import kafkajs from 'kafkajs';
import type { Appended, Message } from '../../cluster/ports.js';
import { serverError } from '../../errors.js';
import type { ClusterLink } from './cluster-link.js';
import { isRefused, kafkaCause, PROTOCOL } from './kafka-fault.js';
import { exactInteger } from './offset.js';

/** What became of one request. */
export type Outcome =
  /** All in-sync replicas have every message. */
  | { readonly kind: 'written'; readonly appended: readonly Appended[] }
  /** No message is in the log. `final`: nor will it be, however often it is sent. */
  | { readonly kind: 'refused'; readonly cause: unknown; readonly final: boolean; readonly tooLarge: boolean }
  /** They may be in the log or not. */
  | { readonly kind: 'unknown'; readonly cause: unknown };

/**
 * Error codes after which the leader has not appended: corrupt, too large, invalid topic, list too large, too few
 * replicas before the append, invalid acks, not authorised (topic, cluster), invalid timestamp, format, policy, invalid
 * record. A leader that steps down while it waits for its followers answers "not leader" after it has appended, so that
 * code is not among them.
 */
const NOT_APPENDED = new Set<unknown>([2, 10, 17, 18, 19, 21, 29, 31, 32, 43, 44, 87]);

interface ProduceAnswer {
  readonly topics: readonly {
    readonly topicName: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly errorCode: number;
      readonly baseOffset: string;
      readonly logAppendTime: string;
    }[];
  }[];
}

/**
 * Sends messages to the leader of one partition in one request, which is one batch in the log: whole or not at all. One
 * partition in each request, because kafkajs gives up a whole answer for the error of one partition in it.
 *
 * @param ackMs how long the leader may wait for its followers; less than a request may take
 * @param now the time that stands for the append time in a topic that needs none
 */
export async function produce(
  link: ClusterLink,
  partition: number,
  messages: readonly Message[],
  { ackMs, gzip, now }: { readonly ackMs: number; readonly gzip: boolean; readonly now?: () => number },
): Promise<Outcome> {
  let leader: Awaited<ReturnType<ClusterLink['leader']>>;
  try {
    leader = await link.leader(partition);
  } catch (cause) {
    return { kind: 'refused', cause, final: isFinal(cause), tooLarge: false };
  }
  try {
    const batch = messages.map((message) => ({ ...message, value: bytesOf(message.value) }));
    const answer: ProduceAnswer = await leader.produce({
      acks: -1,
      timeout: ackMs,
      compression: gzip ? kafkajs.CompressionTypes.GZIP : kafkajs.CompressionTypes.None,
      topicData: [{ topic: link.topic, partitions: [{ partition, firstSequence: 0, messages: batch }] }],
    });
    return acknowledged(answer, { topic: link.topic, partition, count: messages.length, now });
  } catch (cause) {
    return failed(cause);
  }
}

function failed(cause: unknown): Outcome {
  const { code } = kafkaCause(cause);
  if (!NOT_APPENDED.has(code)) return { kind: 'unknown', cause };
  const tooLarge = code === PROTOCOL.MESSAGE_TOO_LARGE || code === PROTOCOL.RECORD_LIST_TOO_LARGE;
  return { kind: 'refused', cause, final: isFinal(cause), tooLarge };
}

interface Sent {
  readonly topic: string;
  readonly partition: number;
  readonly count: number;
  readonly now: (() => number) | undefined;
}

/** Only what the answer lists for this partition, without an error, counts. */
function acknowledged(answer: ProduceAnswer, { topic, partition, count, now }: Sent): Outcome {
  const entry = answer.topics
    .find((each) => each.topicName === topic)
    ?.partitions.find((each) => each.partition === partition);
  if (entry === undefined || entry.errorCode !== 0) {
    return { kind: 'unknown', cause: new Error(`the broker did not acknowledge ${topic}/${partition}`) };
  }
  const base = exactInteger(entry.baseOffset);
  const appendTime = exactInteger(entry.logAppendTime);
  const at = appendTime < 0 && now !== undefined ? now() : appendTime;
  if (at < 0) {
    const got = `${topic} with message.timestamp.type other than LogAppendTime`;
    return { kind: 'refused', cause: serverError('TOPIC_UNSUITABLE', { got }), final: true, tooLarge: false };
  }
  return { kind: 'written', appended: Array.from({ length: count }, (_, index) => ({ offset: base + index, at })) };
}

function isFinal(cause: unknown): boolean {
  const { name, retriable } = kafkaCause(cause);
  return isRefused(cause) || (name === 'KafkaJSProtocolError' && !retriable);
}

function bytesOf(value: Message['value']): Buffer | string | null {
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value;
}

/** Bytes that a message takes in a batch, at most: what frames it is less than 32, and 10 for each header. */
export function batchBytes({ key, value, headers }: Message): number {
  let bytes = 32 + lengthOf(key) + lengthOf(value);
  for (const [name, text] of Object.entries(headers ?? {})) bytes += 10 + lengthOf(name) + lengthOf(text);
  return bytes;
}

function lengthOf(value: Message['value']): number {
  if (value === null) return 0;
  return typeof value === 'string' ? Buffer.byteLength(value) : value.byteLength;
}
