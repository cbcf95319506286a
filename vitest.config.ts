import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string) => fileURLToPath(new URL(`packages/${path}`, import.meta.url));

const { ARMATURE_KAFKA_BROKERS = '', ARMATURE_REDIS_URL = '' } = process.env;

/** Tests read the packages' sources, so that an edit needs no build; the package test reads what is published. */
export default defineConfig({
  resolve: {
    alias: [
      { find: /^@armature\/sdk$/, replacement: source('sdk/src/index.ts') },
      {
        find: /^@armature\/sdk\/(browser|policies|protocol|node|sticky|redis)$/,
        replacement: `${source('sdk/src')}/$1/index.ts`,
      },
      { find: /^@armature\/analysis$/, replacement: source('analysis/src/index.ts') },
      { find: /^@armature\/analysis\/(fold|log)$/, replacement: `${source('analysis/src')}/$1/index.ts` },
      { find: /^@armature\/server$/, replacement: source('server/src/index.ts') },
      { find: /^@armature\/server\/local$/, replacement: source('server/src/local.ts') },
    ],
  },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    globalSetup: ['test/shared-servers.ts'],
    // addresses are for suites that ask for them, not for every server that a test starts
    env: {
      ARMATURE_TEST_KAFKA_BROKERS: ARMATURE_KAFKA_BROKERS,
      ARMATURE_TEST_REDIS_URL: ARMATURE_REDIS_URL,
      ARMATURE_KAFKA_BROKERS: '',
      ARMATURE_REDIS_URL: '',
    },
    testTimeout: 30_000,
    hookTimeout: 120_000, // hooks start servers, and the first one on a machine may fetch Kafka
    maxWorkers: 2,
  },
});
