import { expect, test } from 'vitest';
import { createClient } from '../src/index.js';
import { snapshot } from './client-snapshot.js';
import { type Step, scriptedTransport } from './scripted-transport.js';

const HOURS = 3_600_000;

test('the next decision tells of all that were lost: for want of room, by waiting too long, and before one that was', async () => {
  const transport = scriptedTransport([], snapshot);
  let down = true;
  const send: typeof transport.send = async (events) => {
    if (down) throw new Error('down');
    return transport.send(events);
  };
  let now = Date.now();
  const outbox = { capacity: 2 };
  const client = createClient({
    ...{ transport: { ...transport, send }, refresh: 'manual' as const, outbox, logger: false as const },
    now: () => now,
  });
  await client.ready();
  for (let n = 0; n < 5; n += 1) client.decide('reader');
  now += 7 * HOURS;
  await client.flush();
  client.decide('reader');
  now += 7 * HOURS;
  await client.flush();
  expect(client.outbox).toMatchObject({ produced: 6, queued: 0, dropped: { full: 3, expired: 3 } });
  down = false;
  client.decide('reader');
  client.decide('reader');
  await client.close();
  const told = [...transport.held.values()].map(({ data }) => (data as { readonly dropped?: number }).dropped);
  expect(told).toEqual([6, undefined]);
});

test('what a refused decision was to tell is told by the next', async () => {
  const refuse = (count: number): Step => ({
    kind: 'items',
    refuse: Array.from({ length: count }, (_, n) => n),
    retry: [],
  });
  const transport = scriptedTransport([refuse(2), refuse(1)], snapshot);
  const client = createClient({ transport, refresh: 'manual', outbox: { capacity: 2 }, logger: false });
  await client.ready();
  for (let n = 0; n < 5; n += 1) client.decide('reader');
  await client.flush();
  client.decide('reader');
  await client.flush();
  client.decide('reader');
  await client.close();
  expect([...transport.held.values()]).toMatchObject([{ data: { dropped: 3 } }]);
});
