/** The client where there are only web APIs, as in Workers and edge functions: an isolate of its own, without Node. */
import { createContext, runInContext } from 'node:vm';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { snapshot } from '../packages/sdk/test/client-snapshot.js';
import { type SnapshotServer, snapshotServer } from '../packages/sdk/test/snapshot-server.js';

interface Sdk {
  readonly createClient: typeof import('@armature/sdk')['createClient'];
}
/** Web APIs that are harmless at any time. */
const HARMLESS = {
  AbortController,
  AbortSignal,
  Headers,
  Request,
  Response,
  TextDecoder,
  TextEncoder,
  URL,
  Event,
  EventTarget,
};

let server: SnapshotServer;
let code: string;
beforeAll(async () => {
  server = await snapshotServer(snapshot);
  const { outputFiles } = await build({
    stdin: { contents: "export * from '@armature/sdk';", resolveDir: import.meta.dirname },
    ...{ bundle: true, format: 'iife', globalName: 'sdk', platform: 'neutral', write: false, target: 'es2022' },
    conditions: ['workerd', 'edge-light', 'browser'],
  });
  code = outputFiles[0]?.text ?? '';
});
afterAll(() => server.close());

/** An isolate that notes what it is asked to do beyond computing. */
function isolate() {
  const asked: string[] = [];
  const noting =
    <A extends unknown[], R>(what: string, run: (...args: A) => R) =>
    (...args: A): R => {
      asked.push(what);
      return run(...args);
    };
  const context = createContext({
    ...HARMLESS,
    console,
    fetch: noting('fetch', (...args: Parameters<typeof fetch>) => fetch(...args)),
    setTimeout: noting('timer', (...args: Parameters<typeof setTimeout>) => setTimeout(...args)),
    clearTimeout,
    crypto: { getRandomValues: noting('random', (bytes: Uint8Array<ArrayBuffer>) => crypto.getRandomValues(bytes)) },
  });
  runInContext(`${code}; globalThis.sdk = sdk;`, context);
  return { asked, sdk: context.sdk as Sdk };
}

test('the bundle for the edge names nothing of Node', () => {
  expect(code.length).toBeGreaterThan(10_000);
  expect(code).not.toMatch(/node:|\brequire\(|\bprocess\.|\bBuffer\b/);
});

test('import and construction start nothing: no timer, no request, no random number', async () => {
  const { asked, sdk } = isolate();
  const client = sdk.createClient({ url: server.url, refresh: 'manual' });
  expect(client.status).toBe('starting');
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(asked).toEqual([]);
  await client.close();
});

test('ready asks, decide draws from the answer, and flush sends what waitUntil waits for', async () => {
  const { asked, sdk } = isolate();
  const client = sdk.createClient({ url: server.url, refresh: 'manual' });
  expect(await client.ready()).toBe('ready');
  expect(asked).toContain('fetch');
  expect(client.decide('reader', { requestId: 'r-1' })).toMatchObject({ reason: 'split', randomised: true });
  expect(await client.flush()).toMatchObject({ produced: 1, sent: 1 });
  expect(server.received).toHaveLength(1);
  await client.close();
});
