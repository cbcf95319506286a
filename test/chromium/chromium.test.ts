/** A real page in a real browser, against the real server with keys, online and off. */

import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClient } from '@armature/sdk';
import { type BrowserClient, forPage, type GivenDecision, type PageDecision } from '@armature/sdk/browser';
import { EVENT_TYPES, type LogEvent } from '@armature/sdk/protocol';
import { build } from 'esbuild';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cli } from '../../packages/server/test/cli/recorded-terminal.js';
import { describeWith } from '../environment.js';
import { readBack } from '../faults/read-back.js';
import { freePort, type ServerProcess, serverProcess } from '../faults/server-process.js';
import { recordsOf } from '../faults/whole-log.js';

interface InPage {
  readonly armature: { readonly client: BrowserClient; readonly errors: string[]; readonly first: PageDecision };
}
const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
const SLOW_MS = 60_000;

describeWith('chromium', 'a page', (executablePath) => {
  let data: string;
  let server: ServerProcess;
  let pages: Server;
  let origin: string;
  let browser: Browser;
  let serverKey: string;

  const key = async (...args: readonly string[]): Promise<string> => {
    const { out, err } = await cli(['keys', 'create', ...args, '--data', data]);
    if (out === '') throw new Error(err);
    return out.trim();
  };

  /** What a service does for a request: decides, and renders the page by it. */
  async function rendered(unit: string): Promise<readonly GivenDecision[]> {
    const service = createClient({ url: server.url, apiKey: serverKey, refresh: 'manual' });
    await service.ready();
    const decisions = forPage(service.decideAll({ unit, expose: false }));
    await service.close();
    return decisions;
  }

  beforeAll(async () => {
    data = await mkdtemp(join(tmpdir(), 'armature-page-'));
    const port = await freePort();
    pages = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => pages.once('listening', resolve));
    origin = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`;
    const browserKey = await key('--kind', 'browser', '--name', 'shop', '--origin', origin);
    serverKey = await key('--kind', 'server', '--name', 'service');
    server = serverProcess({ data, port, partitions: 2, experiments: here('experiments') });
    await server.start();
    const { outputFiles } = await build({
      entryPoints: [here('page.ts')],
      ...{ bundle: true, minify: true, format: 'iife', platform: 'browser', write: false },
      define: { SERVER: JSON.stringify(server.url), KEY: JSON.stringify(browserKey) },
    });
    const script = outputFiles[0]?.text ?? '';
    pages.on('request', async (request, response) => {
      const unit = new URL(request.url ?? '/', origin).searchParams.get('unit');
      const json = unit === null ? '' : JSON.stringify(await rendered(unit)).replaceAll('<', '\\u003c');
      response.setHeader('content-type', 'text/html; charset=utf-8');
      response.end(
        `<!doctype html><script id="decisions" type="application/json">${json}</script><script>${script}</script>`,
      );
    });
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  }, SLOW_MS);
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    pages?.closeAllConnections();
    pages?.close();
    await rm(data, { recursive: true, force: true });
  }, SLOW_MS);

  const produced = new Set<string>();
  /** Rewards a decision of the page `times` times. */
  const reward = async (page: Page, times: number): Promise<void> => {
    const ids = await page.evaluate((count) => {
      const { client } = (globalThis as unknown as InPage).armature;
      const decision = client.decide('button');
      return Array.from({ length: count }, () => client.reward(decision, { purchase: 1 }).id);
    }, times);
    for (const id of ids) produced.add(id);
  };
  const counts = (page: Page) => page.evaluate(() => (globalThis as unknown as InPage).armature.client.outbox);
  const events = async (type: string): Promise<readonly LogEvent[]> =>
    (await recordsOf(data))
      .flat()
      .map(({ event }) => event)
      .filter((event) => event.type === type);

  test(
    'serves what it was rendered with, without a request',
    async () => {
      const page = await browser.newPage();
      const requests: string[] = [];
      page.on('request', (request) => requests.push(request.url()));
      await page.goto(`${origin}/?unit=u-1`);
      const first = await page.evaluate(() => (globalThis as unknown as InPage).armature.first);
      expect(first).toMatchObject({ experiment: 'button', reason: 'split', exposed: false });
      expect(requests.filter((url) => url.startsWith(server.url))).toEqual([]);
      await page.close();
    },
    SLOW_MS,
  );

  test(
    'goes on offline, and every reward arrives once when the network is back',
    async () => {
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(`${origin}/?unit=u-2`);
      await reward(page, 3);
      await page.evaluate(() => (globalThis as unknown as InPage).armature.client.flush());
      await context.setOffline(true);
      await reward(page, 70);
      expect(await page.evaluate(() => (globalThis as unknown as InPage).armature.client.flush())).toMatchObject({
        queued: 70,
      });
      expect(await counts(page)).toMatchObject({ produced: 74, sent: 4, queued: 70 }); // 73 rewards, one exposure
      await context.setOffline(false);
      await expect.poll(() => counts(page), { timeout: 30_000 }).toMatchObject({ sent: 74, queued: 0 });
      await context.close();
    },
    SLOW_MS,
  );

  test(
    'that is left at once sends what was queued',
    async () => {
      const page = await browser.newPage();
      await page.goto(`${origin}/?unit=u-3`);
      await reward(page, 60);
      await page.goto('about:blank');
      await expect
        .poll(async () => (await events(EVENT_TYPES.reward)).length, { timeout: 30_000 })
        .toBeGreaterThanOrEqual(133);
      await page.close();
    },
    SLOW_MS,
  );

  test(
    'asks the server where nobody rendered it, and one of another origin is refused and told',
    async () => {
      const page = await browser.newPage();
      await page.goto(origin);
      const asked = await page.evaluate(async () => {
        const { client } = (globalThis as unknown as InPage).armature;
        const came = await client.prefetch({ unit: 'u-4' });
        return { came, decision: client.decide('button'), counts: await client.flush() };
      });
      expect(asked).toMatchObject({ came: true, decision: { reason: 'split' }, counts: { sent: 1 } });
      await page.goto(origin.replace('127.0.0.1', 'localhost'));
      const refused = await page.evaluate(async () => {
        const { client, errors } = (globalThis as unknown as InPage).armature;
        const came = await client.prefetch({ unit: 'u-5', timeoutMs: 500 });
        return { came, arm: client.decide('button', { default: 'green' }).arm, errors };
      });
      expect(refused).toMatchObject({ came: false, arm: 'green' });
      expect(refused.errors).toContain('UNAVAILABLE'); // without CORS headers a browser shows a page no answer
      await page.close();
    },
    SLOW_MS,
  );

  test(
    'leaves a log in which every reward stands once, with a decision and an exposure each',
    async () => {
      const rewards = (await events(EVENT_TYPES.reward)).map(({ id }) => id);
      expect([...produced].filter((id) => !rewards.includes(id))).toEqual([]);
      expect(new Set(rewards).size).toBe(produced.size);
      const exposed = await events(EVENT_TYPES.exposure);
      expect(new Set(exposed.map(({ data }) => (data as { decision: string }).decision)).size).toBe(3); // u-2, u-3, u-4
      expect(await server.stop()).toBe(0);
      const health = (await readBack(data)).health.get('button');
      expect(health).toMatchObject({ rewards: produced.size, unmatched: 0, uncounted: 0, invalid: 0 });
    },
    SLOW_MS,
  );
});
