/** Raised while a Redis or a Kafka is found or started. */
export const PROVISION_ERRORS = {
  REDIS_NOT_FOUND: {
    what: 'there is no Redis to use',
    do: 'set ARMATURE_REDIS_URL, or install redis-server, or start a container engine',
    retryable: false,
  },
  KAFKA_NOT_FOUND: {
    what: 'there is no Kafka to use',
    do: 'set ARMATURE_KAFKA_BROKERS, or install Java 17 or newer and Maven, or start a container engine',
    retryable: false,
  },
  KAFKA_DOWNLOAD_FAILED: {
    what: "Kafka's jars cannot be fetched",
    do: 'check that Maven reaches its repository and that the cache folder (ARMATURE_CACHE) can be written, or set ARMATURE_KAFKA_BROKERS',
    retryable: true,
  },
  SERVER_NOT_STARTED: {
    what: 'a server that is needed did not start',
    do: 'see what it said last; its variables (ARMATURE_KAFKA_BROKERS, ARMATURE_REDIS_URL) name another one',
    retryable: true,
  },
} as const;
