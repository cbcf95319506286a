import { afterEach, describe, expect, test, vi } from 'vitest';
import { createClient, forPage, type GivenDecision, isArmatureError } from '../../src/browser/index.js';
import { createClient as createServiceClient } from '../../src/index.js';
import { encodeToken } from '../../src/protocol/token.js';

const url = 'https://experiments.example';
const token = (decision: string) =>
  encodeToken({
    ...{ experiment: 'button', arm: 'blue', propensity: 0.5, snapshot: '1.1', definition: 'sha256:00' },
    ...{ decision, unit: 'u-1', issued: 1_795_000_000_000 },
  });
const decision: GivenDecision = {
  ...{ experiment: 'button', arm: 'blue', value: 'blue', reason: 'split', randomised: true, propensity: 0.5 },
  ...{ id: 'd-1', token: token('d-1') },
};

describe('what a page must not have is refused at construction', () => {
  test.each<[what: string, options: object, message: RegExp]>([
    ['a key of a service', { url, apiKey: 'ak_server_3f9a1c02_00' }, /not of kind browser.*--kind browser/],
    ['a key with the end of its line', { url, apiKey: 'ak_browser_3f9a1c02_00\n' }, /not of kind browser/],
    ['a configured key', { url, apiKey: 'secret-secret-secret' }, /not of kind browser/],
    ['no address', { apiKey: 'ak_browser_3f9a1c02_00' }, /url/],
    ['rules and weights', { url, bootstrap: {} }, /options "bootstrap", known are url/],
    ['shares', { url, experiments: { button: { arms: ['a', 'b'] } } }, /catalogue that `armature types` writes/],
    ['an answer for its decisions', { url, decisions: { decisions: [] } }, /forPage/],
    ['decisions without tokens', { url, decisions: [{ ...decision, token: '' }] }, /forPage/],
  ])('%s', (_, options, message) => {
    const caught = (() => {
      try {
        return createClient(options as never);
      } catch (error) {
        return error;
      }
    })();
    expect(isArmatureError(caught) && caught.code).toBe('OPTIONS_INVALID');
    expect(String(caught)).toMatch(message);
    expect(String(caught)).not.toMatch(/3f9a1c02|secret-/); // a key is told to nobody
  });

  test('and the client of services refuses a key that may read no weights', () => {
    expect(() => createServiceClient({ url, apiKey: 'ak_browser_3f9a1c02_00' })).toThrow('@armature/sdk/browser');
  });
});

test('what a page is told has neither weights nor unit', () => {
  const service = createServiceClient({ experiments: { button: { arms: ['green', 'blue'] } } });
  const [told] = forPage([service.decide('button', { unit: 'u-1', expose: false })]);
  expect(Object.keys(told ?? {}).sort()).toEqual(
    ['arm', 'experiment', 'exposed', 'id', 'propensity', 'randomised', 'reason', 'token', 'value'].sort(),
  );
});

describe('a page that is hidden', () => {
  afterEach(() => vi.unstubAllGlobals());

  /** A page, and a network that never answers: a page that ends does not see answers either. */
  function hanging() {
    const page = new EventTarget();
    vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
    vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page));
    const requests: RequestInit[] = [];
    const fetch = (_: unknown, init: RequestInit = {}) => {
      requests.push(init);
      return new Promise<Response>((_, reject) =>
        init.signal?.addEventListener('abort', () => reject(new Error('end'))),
      );
    };
    const client = createClient({ url, decisions: [decision], fetch: fetch as typeof globalThis.fetch, logger: false });
    const idsIn = (request: RequestInit | undefined) =>
      (JSON.parse(String(request?.body)) as { id: string }[]).map(({ id }) => id);
    return { client, requests, idsIn, hide: () => page.dispatchEvent(new Event('pagehide')) };
  }

  test('sends everything at once in requests that outlive it, and keeps it queued', async () => {
    const { client, requests, idsIn, hide } = hanging();
    const ids = Array.from({ length: 60 }, () => client.reward(client.decide('button'), { purchase: 1 }).id);
    hide();
    expect(requests.map(({ keepalive }) => keepalive)).toEqual([true, true]);
    expect(idsIn(requests[0])).toEqual(ids.slice(0, 50)); // a batch
    expect(idsIn(requests[1])).toEqual(ids.slice(50));
    expect(client.outbox).toMatchObject({ produced: 60, sent: 0, queued: 60 });
    expect(await client.close({ timeoutMs: 1 })).toMatchObject({ dropped: { closed: 60 } });
  });

  test('sends no more than browsers let outlive it', async () => {
    const { client, requests, hide } = hanging();
    for (let i = 0; i < 500; i += 1) client.reward(client.decide('button'), { purchase: 1 });
    hide();
    const outliving = requests.filter(({ keepalive }) => keepalive).map(({ body }) => String(body).length);
    expect(outliving).toHaveLength(2);
    expect(outliving.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(65_536);
    expect(outliving.reduce((sum, size) => sum + size, 0)).toBeGreaterThan(64_000);
    await client.close({ timeoutMs: 1 });
    requests.length = 0;
    hide();
    expect(requests).toEqual([]); // nobody listens after close
  });
});
