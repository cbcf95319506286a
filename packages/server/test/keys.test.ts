import { type ChildProcess, spawn } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createClient } from '@armature/sdk';
import { encodeToken, tokenKey } from '@armature/sdk/protocol';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { builtBinary } from '../../../test/built.js';
import { cli } from './cli/recorded-terminal.js';
import { decisionOf, FILES, rewardOf, type Workspace, workspace } from './workspace.js';

/** The real program, built. */
const BINARY = builtBinary();
/** A change of the keys is taken up in this time. */
const PROMISED_MS = 5000;

let space: Workspace;
let server: ChildProcess | undefined;
let url: string;
let logged: string;
let printed: string;

/** Starts `armature serve` on the workspace; resolves when it has told its address. */
async function start(...more: readonly string[]): Promise<void> {
  const { ARMATURE_API_KEYS: _keys, ...env } = process.env;
  const args = ['serve', '--experiments', space.experiments, '--data', space.data, '--port', '0', ...more];
  const child = spawn(process.execPath, [BINARY, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  server = child;
  logged = '';
  printed = '';
  child.stderr.on('data', (chunk) => {
    logged += String(chunk);
  });
  url = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      printed += String(chunk);
      const address = /listening on (\S+)/.exec(printed)?.[1];
      if (address !== undefined) resolve(address);
    });
    child.once('exit', (code) => reject(new Error(`ended with ${code}: ${logged}`)));
  });
}

async function create(...args: readonly string[]): Promise<string> {
  const { out, err, code } = await cli(['keys', 'create', ...args, '--data', space.data]);
  expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
  return out.trim();
}

const revoke = (key: string) => cli(['keys', 'revoke', key.split('_')[2] ?? '', '--data', space.data]);

const statusOf = async (key?: string, path = '/v1/snapshot'): Promise<number> => {
  const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
  const response = await fetch(`${url}${path}`, { headers });
  await response.body?.cancel();
  return response.status;
};

/** Waits until a request is answered with a status; how long it took, ms. */
async function within(status: number, key?: string): Promise<number> {
  const from = performance.now();
  while (performance.now() - from < 2 * PROMISED_MS) {
    if ((await statusOf(key)) === status) return performance.now() - from;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`not answered with ${status}: ${logged}`);
}

beforeEach(async () => {
  space = await workspace(FILES);
});
afterEach(async () => {
  const child = server;
  server = undefined;
  if (child?.exitCode === null && child.signalCode === null) {
    const ended = new Promise((resolve) => child.removeAllListeners('exit').once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }
  await space.dispose();
});

test('a running server takes a key that is made and refuses one that is revoked, in five seconds', async () => {
  const first = await create('--kind', 'server', '--name', 'checkout');
  await start();
  expect(printed).toContain('API keys required');
  expect(await statusOf()).toBe(401);
  expect(await statusOf(first)).toBe(200);
  const second = await create('--kind', 'server', '--name', 'checkout');
  expect(await within(200, second)).toBeLessThan(PROMISED_MS);
  expect(await statusOf(first)).toBe(200); // both live while one replaces the other
  const stream = await fetch(`${url}/v1/stream`, { headers: { authorization: `Bearer ${first}` } });
  const ended = (async () => {
    for await (const _chunk of stream.body ?? []);
  })();
  await revoke(first);
  expect(await within(401, first)).toBeLessThan(PROMISED_MS);
  await ended; // the stream that the key had open is closed
  expect(await statusOf(second)).toBe(200);
  await revoke(second);
  expect(await within(401, second)).toBeLessThan(PROMISED_MS);
  expect(await statusOf()).toBe(401); // without a live key nobody may call, rather than everybody
}, 60_000);

test('a server that was open is closed by the first key, and stays closed without the file', async () => {
  await start();
  expect(printed).toContain('open to this machine, no API keys');
  expect(await statusOf()).toBe(200);
  const key = await create('--kind', 'read', '--name', 'dashboards');
  expect(await within(401)).toBeLessThan(PROMISED_MS);
  expect(await statusOf(key)).toBe(200);
  expect(await statusOf(key, '/metrics')).toBe(200);
  await writeFile(join(space.data, 'keys.json'), '{"schema":1');
  await new Promise((resolve) => setTimeout(resolve, 2500));
  expect(await statusOf(key)).toBe(200); // a file that cannot be read changes nothing
  expect(logged).toContain('API keys not read, those before stay');
  await rm(join(space.data, 'keys.json'));
  expect(await within(401, key)).toBeLessThan(PROMISED_MS);
  expect(await statusOf()).toBe(401);
}, 60_000);

test('tokens that a client signed are good while its key lives, and refused once it is revoked', async () => {
  await space.write('a.yaml', FILES['a.yaml'].replaceAll('window: 1s', 'window: 1h'));
  const old = await create('--kind', 'server', '--name', 'checkout');
  await start();
  const client = createClient({ url, apiKey: old, logger: false });
  await client.ready();
  const decision = client.decide('reader');
  const issued = decision.token;
  const own = client.decide('reader');
  await client.flush();
  const snapshot = client.snapshot;
  await client.close();
  expect(snapshot).toBeDefined();
  expect(issued.split('.')[1]).toBe(old.split('_')[2]);
  const next = await create('--kind', 'server', '--name', 'checkout');
  await within(200, next);
  const reward = async (token: string): Promise<unknown> => {
    const body = { ...rewardOf('reader', 'x', {}, Date.now()), data: { token, metrics: { correct: 1 } } };
    const response = await fetch(`${url}/v1/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${next}`, 'content-type': 'application/cloudevents+json' },
      body: JSON.stringify(body),
    });
    const { accepted, errors } = (await response.json()) as { accepted: number; errors: { code: string }[] };
    return accepted === 1 ? 'accepted' : errors[0]?.code;
  };
  const decided = await fetch(`${url}/v1/decide`, {
    method: 'POST',
    headers: { authorization: `Bearer ${old}`, 'content-type': 'application/json' },
    body: '{"experiments":["reader"]}',
  });
  const { decisions } = (await decided.json()) as { decisions: { token: string }[] };
  expect(await reward(issued)).toBe('accepted');
  await revoke(old);
  await within(401, old);
  expect(await reward(own.token)).toBe('TOKEN_UNAUTHENTICATED');
  // the server's own are nobody's key
  expect(await reward(decisions[0]?.token ?? '')).toBe('accepted');
}, 60_000);

test('what a browser or read key signs is refused: everybody has the one, the other sends nothing', async () => {
  const server = await create('--kind', 'server', '--name', 'checkout');
  const browser = await create('--kind', 'browser', '--name', 'shop', '--origin', 'https://shop.example');
  const read = await create('--kind', 'read', '--name', 'bi');
  const engine = await space.open({ partitions: 1 });
  const { id, data } = decisionOf(engine.snapshot, 'reader', 'large', Date.now());
  const { experiment, arm, propensity, snapshot, definition } = data;
  const claims = { experiment, arm, propensity, snapshot, definition, decision: id, issued: Date.now() };
  const codes: (string | undefined)[] = [];
  for (const key of [server, browser, read]) {
    const token = encodeToken(claims, tokenKey(key));
    const body = { ...rewardOf('reader', 'x', {}, Date.now()), data: { token, metrics: { correct: 1 } } };
    codes.push((await engine.ingest([body])).errors[0]?.code);
  }
  expect(codes).toEqual([undefined, 'TOKEN_UNAUTHENTICATED', 'TOKEN_UNAUTHENTICATED']);
});

test('with a key in the data directory the server may listen beyond this machine', async () => {
  await create('--kind', 'server', '--name', 'checkout');
  await start('--host', '0.0.0.0');
  url = url.replace('0.0.0.0', '127.0.0.1');
  expect(await statusOf()).toBe(401);
});
