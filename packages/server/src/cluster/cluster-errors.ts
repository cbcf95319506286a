import type { ArmatureError } from '@armature/sdk';

type ErrorRow = ConstructorParameters<typeof ArmatureError>[1];

/** Raised where Kafka and Redis are used; part of the server's table. */
export const CLUSTER_ERRORS = {
  KAFKA_UNREACHABLE: {
    what: 'Kafka does not answer',
    do: 'check ARMATURE_KAFKA_BROKERS, its TLS and SASL variables, and that a broker runs there',
    retryable: true,
  },
  KAFKA_SETTINGS_INVALID: {
    what: 'the settings of Kafka are not usable',
    do: 'see `armature serve --help` for the variables',
    retryable: false,
  },
  TOPIC_MISSING: {
    what: 'a topic is missing',
    do: 'make the topics with `armature topics create`',
    retryable: false,
  },
  TOPIC_REFUSED: {
    what: 'Kafka does not make a topic',
    do: 'correct what it says, or let somebody who may make topics run what `armature topics create --print` prints',
    retryable: false,
  },
  TOPIC_UNSUITABLE: {
    what: 'a topic has settings under which records would be lost or could not be read',
    do: 'run `armature doctor`, which names the setting and the command that mends it',
    retryable: false,
  },
  RECORD_TOO_LARGE: {
    what: 'a record is larger than its topic takes',
    do: "keep it below 1 MiB, and the topic's max.message.bytes at its default or above",
    retryable: false,
  },
  CODEC_MISSING: {
    what: 'the records of a topic are compressed in a way that this process cannot read',
    do: "set the topic's compression.type to producer, uncompressed or gzip, or install the codec that is named",
    retryable: false,
  },
  LOG_NOT_BEGUN: {
    what: 'the topics hold no log',
    do: 'start a server, which begins it, or name the prefix of another with --prefix',
    retryable: false,
  },
  CONFIG_MOVED: {
    what: 'another server wrote to the config log first',
    do: 'none needed: it is planned again from what that one wrote',
    retryable: true,
  },
  REDIS_SETTINGS_INVALID: {
    what: 'the address of Redis is not usable',
    do: 'see `armature serve --help` for its forms',
    retryable: false,
  },
  STATE_UNAVAILABLE: {
    what: 'Redis does not answer',
    do: 'check its address and that it runs there; once it is back, what was not committed is folded again from the log',
    retryable: true,
  },
  CONSUMER_FAILED: {
    what: 'the consumer of the events stopped and could not be brought back',
    do: 'the process ends; start it again once Kafka is well',
    retryable: true,
  },
} as const satisfies { readonly [code: string]: ErrorRow };
