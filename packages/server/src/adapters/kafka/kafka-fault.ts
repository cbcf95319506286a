import { isArmatureError } from '@armature/sdk';
import { serverError } from '../../errors.js';

/** What an error of kafkajs tells beside its message. */
export interface KafkaCause {
  readonly name: string;
  readonly message: string;
  readonly code: number | string | undefined;
  readonly retriable: boolean;
  readonly host: string | undefined;
  readonly port: number | undefined;
}

/** Error codes of the protocol by which decisions are made. */
export const PROTOCOL = {
  OFFSET_OUT_OF_RANGE: 1,
  UNKNOWN_TOPIC_OR_PARTITION: 3,
  MESSAGE_TOO_LARGE: 10,
  RECORD_LIST_TOO_LARGE: 18,
} as const;

/** The innermost error of kafkajs, which wraps what it gave up on. */
export function kafkaCause(thrown: unknown): KafkaCause {
  let error = thrown as Error & { code?: number | string; retriable?: boolean; host?: string; port?: number };
  if (!(error instanceof Error)) error = new Error(String(thrown));
  for (let depth = 0; depth < 8 && error.cause instanceof Error && error.code === undefined; depth += 1) {
    error = error.cause as typeof error;
  }
  const { name, message, code, retriable, host, port } = error;
  return { name, message, code, retriable: retriable !== false, host, port };
}

/**
 * Whether records are compressed in a way that kafkajs has no code for: snappy, lz4 or zstd. They are refused. The codecs
 * for kafkajs are native addons or have not been kept for years, and Node has zstd from 22.15 on only: a log that one
 * server can read and another cannot is worse than a topic setting that is mended once.
 */
export function isCodecMissing(cause: KafkaCause): boolean {
  return cause.name === 'KafkaJSNotImplemented';
}

/** Error codes of the protocol: not authorised for the topic, the group, the cluster; credentials refused. */
const REFUSED = new Set<unknown>([29, 30, 31, 58]);

/** Whether Kafka refused who is asking: no retry mends that. */
export function isRefused(thrown: unknown): boolean {
  const { name, code } = kafkaCause(thrown);
  return name === 'KafkaJSSASLAuthenticationError' || REFUSED.has(code);
}

/** An error of kafkajs under the server's codes; one of ours as it is. */
export function kafkaFault(thrown: unknown, topic: string): Error {
  if (isArmatureError(thrown)) return thrown;
  const cause = kafkaCause(thrown);
  const details = { got: `${topic}: ${cause.message}`, cause: thrown };
  if (isCodecMissing(cause)) return serverError('CODEC_MISSING', details);
  if (cause.code === PROTOCOL.UNKNOWN_TOPIC_OR_PARTITION) return serverError('TOPIC_MISSING', details);
  return serverError('KAFKA_UNREACHABLE', details);
}
