import { createClient } from '@armature/sdk';
import { type BrowserOptions, createClient as createPageClient, forPage } from '@armature/sdk/browser';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { buildApp, type Engine } from '../src/index.js';
import { type KeyName, makeKeys, ORIGIN } from './keyed-engine.js';
import { FILES, type Workspace, workspace } from './workspace.js';

let space: Workspace;
let engine: Engine;
let app: FastifyInstance;
let url: string;
let keys: Readonly<Record<KeyName, string>>;

beforeEach(async () => {
  space = await workspace(FILES);
  keys = await makeKeys(space.data);
  engine = await space.open({ partitions: 1 });
  app = await buildApp(engine);
  url = await app.listen({ host: '127.0.0.1', port: 0 });
});
afterEach(async () => {
  await app.close();
  await space.dispose();
});

/** As a browser sends it: with the page's origin. */
const from =
  (origin: string): typeof fetch =>
  (address, init) =>
    fetch(address, { ...init, headers: { ...(init?.headers as Record<string, string>), origin } });

const page = (more: Partial<BrowserOptions<never>> = {}) =>
  createPageClient({ url, apiKey: keys.browser, fetch: from(ORIGIN), logger: false, ...more });

/** Trials that count, and what was made of the rewards. Everything acknowledged is folded. */
const counted = (experiment: string) => {
  const { decisions, rewards, unmatched = 0, uncounted = 0 } = engine.health().get(experiment) ?? {};
  return { trials: engine.openTrials().get(experiment)?.open ?? 0, decisions, rewards, unmatched, uncounted };
};

test('a page serves what a service decided, counts it when it is shown, and rewards it by token', async () => {
  const service = createClient({ url, apiKey: keys.server, refresh: 'manual' });
  await service.ready();
  const decisions = forPage(service.decideAll({ unit: 'u-1', expose: false }));
  expect((await service.close()).sent).toBe(2);
  expect(JSON.stringify(decisions)).not.toContain('propensities');

  const client = page({ decisions: JSON.parse(JSON.stringify(decisions)) });
  const given = decisions.find(({ experiment }) => experiment === 'button');
  expect(client.decide('button', { expose: false })).toMatchObject({ arm: given?.arm, exposed: false });
  expect(client.outbox.produced).toBe(0);
  const shown = client.decide('button');
  expect(shown).toMatchObject({ arm: given?.arm, propensity: 0.5, reason: 'split', randomised: true, exposed: true });
  client.decide('button');
  expect(client.outbox.produced).toBe(1); // shown once
  expect(client.exposure(shown)).toEqual({ id: '', queued: false, error: 'ALREADY_EXPOSED' });
  expect(client.reward(shown, { purchase: true }).queued).toBe(true);
  expect(client.reward(shown, true)).toEqual({ id: '', queued: false, error: 'METRIC_REQUIRED' });
  expect(await client.close()).toMatchObject({ produced: 2, sent: 2, queued: 0 });
  expect(counted('button')).toEqual({ trials: 1, decisions: 1, rewards: 1, unmatched: 0, uncounted: 0 });
  expect(counted('reader').trials).toBe(0); // decided, and never shown
});

test('without decisions a page asks the server, which tells no weights, and forgets those of another unit', async () => {
  const client = page();
  expect(client.decide('button', { default: 'green' })).toMatchObject({ arm: 'green', error: 'NO_DECISION' });
  expect(await client.prefetch({ unit: 'u-7' })).toBe(true);
  const decision = client.decide('button');
  expect(decision).toMatchObject({ reason: 'split', propensity: 0.5, exposed: true });
  expect(decision).not.toHaveProperty('propensities');
  expect(client.reward(decision.token, { purchase: 1 }).queued).toBe(true);

  const again = client.prefetch({ unit: 'u-8', experiments: ['reader'] });
  expect(client.decide('button').reason).toBe('default');
  expect(await again).toBe(true);
  expect(client.decide('reader').reason).toBe('split');
  expect(await client.close()).toMatchObject({ produced: 3, sent: 3 });
  expect(counted('button')).toEqual({ trials: 1, decisions: 1, rewards: 1, unmatched: 0, uncounted: 0 });
  expect(counted('reader').trials).toBe(1);
});

test('a page of another origin gets the default arm, and its client says why', async () => {
  const client = page({ fetch: from('https://elsewhere.example') });
  const codes: string[] = [];
  client.on('error', ({ code }) => codes.push(code));
  expect(await client.prefetch({ unit: 'u-1', timeoutMs: 200 })).toBe(false);
  expect(client.decide('button', { default: 'blue' })).toMatchObject({ arm: 'blue', reason: 'default' });
  expect(client.reward(client.decide('button'), { purchase: 1 }).error).toBe('NOT_LOGGED');
  expect(codes).toEqual(['ACCESS_REFUSED', 'NO_DECISION']);
});
