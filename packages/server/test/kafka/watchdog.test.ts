import { expect, test } from 'vitest';
import { virtualClock } from '../../src/adapters/clock.js';
import { type WatchdogOptions, watch } from '../../src/adapters/kafka/watchdog.js';
import { silent } from '../../src/adapters/loggers.js';

/** A client whose signs of life and rebuilding a test holds in its hand: a real one cannot be told to stand still. */
function watched(options: Partial<WatchdogOptions> = {}) {
  const clock = virtualClock(0);
  const seen = { rebuilt: 0, givenUp: [] as string[], alive: true };
  let lastAlive = 0;
  const dog = watch({
    clock,
    logger: silent,
    stallMs: 30_000,
    attempts: 5,
    aliveAt: () => {
      if (seen.alive) lastAlive = clock.now();
      return lastAlive;
    },
    isReachable: async () => true,
    rebuild: async () => {
      seen.rebuilt += 1;
    },
    onGivenUp: (reason) => seen.givenUp.push(reason),
    ...options,
  });
  return { clock, dog, seen };
}

test('a client that gives signs of life is left alone', async () => {
  const { clock, seen } = watched();
  await clock.advance(600_000);
  expect(seen).toMatchObject({ rebuilt: 0, givenUp: [] });
});

test('a client that stands still is replaced once its time is over', async () => {
  const { clock, dog, seen } = watched();
  seen.alive = false;
  await clock.advance(30_000);
  expect(seen.rebuilt).toBe(0);
  await clock.advance(2_000);
  expect(seen.rebuilt).toBe(1);
  seen.alive = true;
  await clock.advance(600_000);
  expect(dog.restarts).toBe(1);
});

test('a client that ends is replaced within a second', async () => {
  const { clock, dog, seen } = watched();
  dog.ended('a handler failed');
  await clock.advance(1_000);
  expect(seen.rebuilt).toBe(1);
});

test('five that are built in vain are enough', async () => {
  const { clock, seen } = watched();
  seen.alive = false;
  await clock.advance(32_000 * 6);
  expect(seen.rebuilt).toBe(5);
  expect(seen.givenUp).toEqual([expect.stringContaining('no sign of life')]);
});

test('one that cannot be built counts as well, and is built again', async () => {
  let tries = 0;
  const rebuild = async (): Promise<void> => {
    tries += 1;
    throw new Error('refused');
  };
  const { clock, dog, seen } = watched({ rebuild });
  dog.ended('the group refused it');
  await clock.advance(100_000);
  expect(tries).toBe(5);
  expect(seen.givenUp).toEqual(['refused']);
});

test('those built in vain come at ever longer intervals', async () => {
  const { clock, dog, seen } = watched();
  const at: number[] = [];
  for (let second = 0; second < 60; second += 1) {
    dog.ended('refused');
    const before = seen.rebuilt;
    await clock.advance(1_000);
    if (seen.rebuilt > before) at.push(clock.now() / 1000);
  }
  expect(at).toEqual([1, 3, 7, 15, 31]);
});

test('while Kafka is away nothing is replaced and nothing given up', async () => {
  let reachable = false;
  const { clock, seen } = watched({ isReachable: async () => reachable });
  seen.alive = false;
  await clock.advance(600_000);
  reachable = true;
  // a client that comes back by itself in its time stays
  await clock.advance(29_000);
  seen.alive = true;
  await clock.advance(600_000);
  expect(seen).toMatchObject({ rebuilt: 0, givenUp: [] });
});

test('a client that ended while Kafka was away is replaced once it is back', async () => {
  let reachable = false;
  const { clock, dog, seen } = watched({ isReachable: async () => reachable });
  dog.ended('no coordinator');
  await clock.advance(100_000);
  expect(seen.rebuilt).toBe(0);
  reachable = true;
  await clock.advance(1_000);
  expect(seen.rebuilt).toBe(1);
});

test('a client that lived for a while makes good for those before it', async () => {
  const { clock, dog, seen } = watched();
  for (let end = 0; end < 20; end += 1) {
    dog.ended('again');
    await clock.advance(90_000);
  }
  expect(seen.rebuilt).toBe(20);
  expect(seen.givenUp).toEqual([]);
});

test('a watchdog that is stopped does nothing more', async () => {
  const { clock, dog, seen } = watched();
  dog.stop();
  dog.ended('late');
  await clock.advance(600_000);
  expect(seen.rebuilt).toBe(0);
});
