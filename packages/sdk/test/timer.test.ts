import { afterEach, describe, expect, test, vi } from 'vitest';
import { createClient } from '../src/index.js';
import { after } from '../src/timer.js';
import type { Transport } from '../src/transport.js';
import { snapshot } from './client-snapshot.js';
import { scriptedTransport } from './scripted-transport.js';

afterEach(() => void vi.useRealTimers());

describe('a wait that no timer can hold', () => {
  test.each([2 ** 31, 1e12, Number.POSITIVE_INFINITY, Number.NaN])('of %s ms is not over at once', (ms) => {
    vi.useFakeTimers();
    const run = vi.fn();
    after(ms, run);
    vi.advanceTimersByTime(2 ** 31 - 2);
    expect(run).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(run).toHaveBeenCalledTimes(1);
  });

  test('closing with no limit of time waits for the server and loses nothing', async () => {
    const transport = scriptedTransport([], snapshot);
    const send = transport.send.bind(transport);
    transport.send = async (events, signal) => {
      await new Promise((done) => setTimeout(done, 20));
      return send(events, signal);
    };
    const client = createClient({ transport, refresh: 'manual' });
    await client.ready();
    client.decide('layout', { unit: 'u-1' });
    const { produced, sent, dropped } = await client.close({ timeoutMs: Number.POSITIVE_INFINITY });
    expect({ produced, sent, closed: dropped.closed }).toEqual({ produced: 1, sent: 1, closed: 0 });
  });

  test('a client that may never be stale does not ask all the time', async () => {
    const transport = scriptedTransport([], snapshot);
    const asked = vi.spyOn(transport, 'fetchSnapshot');
    const quiet: Transport = {
      ...transport,
      subscribe(onSnapshot) {
        onSnapshot(snapshot);
        return () => {};
      },
    };
    const client = createClient({ transport: quiet, maxAgeMs: Number.MAX_SAFE_INTEGER });
    await client.ready();
    asked.mockClear();
    await new Promise((done) => setTimeout(done, 200));
    expect(asked.mock.calls.length).toBeLessThan(3);
    await client.close();
  });
});
