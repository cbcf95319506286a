/**
 * Prepares Kafka for suites that start their own: fetches its jars once, with Maven, into the cache. Needs a build. Exits
 * with 1, and says why, where no Kafka can be started on this machine.
 */

import { kafkaJars } from '../packages/server/dist/provision/kafka-jars.js';
import { kafkaSources } from '../packages/server/dist/provision/sources.js';

const variables = { ...process.env, ARMATURE_KAFKA_BROKERS: undefined };
const source = kafkaSources(variables, 3)[0];
if (source === undefined) {
  console.error('kafka: no Java 17 or newer, or neither Maven nor its jars in the cache');
  process.exitCode = 1;
} else {
  try {
    console.log(`kafka: Java ${source.version}, jars in ${await kafkaJars(variables, console.log)}`);
  } catch (cause) {
    console.error(`kafka: ${cause.message}`);
    process.exitCode = 1;
  }
}
