import { expect, test } from 'vitest';
import { freePort } from '../../../../test/faults/server-process.js';
import { systemClock } from '../../src/adapters/clock.js';
import { openProducer } from '../../src/adapters/kafka/producer.js';
import { silent } from '../../src/adapters/loggers.js';
import { createAppender } from '../../src/cluster/appender.js';

test('while Kafka is away one append waits for it, and those of the second behind it are refused at once', async () => {
  const kafka = { brokers: [`127.0.0.1:${await freePort()}`], prefix: 'away', group: 'away' };
  const producer = await openProducer(kafka, { logger: silent, timeoutMs: 1500 });
  const appender = createAppender(producer, systemClock());
  const fate = async () => {
    const began = performance.now();
    const cause = await appender.tick(0).catch((thrown: unknown) => thrown);
    return { cause, ms: performance.now() - began };
  };
  const first = await fate();
  expect(first.cause).toMatchObject({ code: 'LOG_UNAVAILABLE', retryable: true });
  expect(first.ms).toBeGreaterThan(1000);
  const second = await fate();
  expect(second.cause).toMatchObject({ code: 'LOG_UNAVAILABLE', retryable: true });
  expect(second.ms).toBeLessThan(500);
  await new Promise((done) => setTimeout(done, 1100));
  expect((await fate()).ms).toBeGreaterThan(1000); // one of them looks again
  await producer.close();
}, 30_000);
