import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createClient } from '../src/index.js';
import type { Snapshot } from '../src/protocol/snapshot.js';
import { snapshot } from './client-snapshot.js';
import { scriptedTransport } from './scripted-transport.js';
import { type SnapshotServer, snapshotServer } from './snapshot-server.js';

const version = (of: string): Snapshot => ({ ...snapshot, version: of });

describe('an older snapshot', () => {
  test('of the server takes the place of a cached one that the server never confirmed', async () => {
    const save = vi.fn();
    const load = () => ({ snapshot: version('9.1'), confirmedAt: Date.now() });
    const transport = scriptedTransport([], version('7.42'));
    const client = createClient({ transport, cache: { load, save }, refresh: 'manual' });
    expect(await client.ready()).toBe('ready');
    expect(client.snapshot?.version).toBe('7.42');
    expect(save.mock.calls.map(([cached]) => cached.snapshot.version)).toEqual(['7.42']);
    await client.close();
  });

  test('stays in use when a slow cache comes with another one', async () => {
    let loaded = (_: { snapshot: Snapshot; confirmedAt: number }): void => undefined;
    const load = () => new Promise<{ snapshot: Snapshot; confirmedAt: number }>((resolve) => (loaded = resolve));
    const transport = scriptedTransport([], version('7.42'));
    const client = createClient({ transport, cache: { load, save: () => undefined }, refresh: 'manual' });
    await client.ready();
    loaded({ snapshot: version('9.1'), confirmedAt: Date.now() });
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(client.snapshot?.version).toBe('7.42');
    await client.close();
  });

  test('is taken from a server that went back to a copy of its log, once nobody confirmed the newer one', async () => {
    let now = Date.now();
    let served = version('7.42');
    const fetchSnapshot = async (known?: string) => (known === served.version ? ('unchanged' as const) : served);
    const transport = { ...scriptedTransport([]), fetchSnapshot };
    const client = createClient({ transport, refresh: 'manual', now: () => now, maxAgeMs: 60_000 });
    await client.ready();
    served = version('7.30');
    await client.ready();
    expect(client.snapshot?.version).toBe('7.42');
    now += 60_001;
    expect(await client.ready()).toBe('ready');
    expect(client.snapshot?.version).toBe('7.30');
    await client.close();
  });
});

describe('a proxy whose server is away', () => {
  let server: SnapshotServer;
  beforeEach(async () => {
    server = await snapshotServer(snapshot);
  });
  afterEach(() => server.close());

  test.each([404, 405, 421])('costs no event by answering %i', async (status) => {
    const client = createClient({ url: server.url, refresh: 'manual', logger: false });
    await client.ready();
    server.misbehave = { '/v1/events': (_, response) => void response.writeHead(status).end('<html>') };
    client.decideMany('reader', [{}, {}, {}]);
    expect(await client.flush()).toMatchObject({ sent: 0, queued: 3 });
    server.misbehave = {};
    expect(await client.close()).toMatchObject({ sent: 3, dropped: { rejected: 0 } });
  });
});

test('a logger that throws harms neither decisions nor the outbox', async () => {
  const logger = {
    error: () => {
      throw new Error('the disk of the logger is full');
    },
  };
  const transport = scriptedTransport([{ kind: 'fail', error: new Error('down') }], snapshot);
  const client = createClient({ transport, logger, refresh: 'manual', outbox: { capacity: 1, everyMs: 0 } });
  await client.ready();
  expect(client.decide('reader').reason).toBe('split');
  expect(client.decide('reader').reason).toBe('split'); // the outbox is full, which is logged
  expect(await client.flush()).toMatchObject({ queued: 1 });
  expect(await client.close()).toMatchObject({ sent: 1, dropped: { full: 1 } });
});
