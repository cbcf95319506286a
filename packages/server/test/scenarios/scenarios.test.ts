import { beforeAll, describe } from 'vitest';
import { describeWith } from '../../../../test/environment.js';
import { START_MS, sharedKafka, sharedRedis } from '../../../../test/provisioned.js';
import { scenarios } from './scenarios.js';
import { clusterWorld, embeddedWorld } from './world.js';

describe('on one machine', () => scenarios(embeddedWorld));

describeWith('kafka', 'on Kafka and Redis', () => {
  let brokers: readonly string[];
  let redis: string;
  beforeAll(async () => {
    [brokers, redis] = await Promise.all([sharedKafka(), sharedRedis()]);
  }, START_MS);
  scenarios((files) => clusterWorld(brokers, redis)(files));
});
