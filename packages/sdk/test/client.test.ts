import { afterEach, describe, expect, test, vi } from 'vitest';
import { type ClientOptions, createClient, isArmatureError } from '../src/index.js';
import { parseEvent } from '../src/protocol/parse-event.js';
import { decodeToken, tokenKey, verifyToken } from '../src/protocol/token.js';
import { definition, snapshot } from './client-snapshot.js';
import { type Step, scriptedTransport } from './scripted-transport.js';

async function online(script: readonly Step[] = [], options: Partial<ClientOptions<never>> = {}) {
  const transport = scriptedTransport(script, snapshot);
  const errors: string[] = [];
  const client = createClient({ transport, refresh: 'manual', ...options });
  client.on('error', ({ code }) => errors.push(code));
  expect(await client.ready()).toBe('ready');
  return { client, transport, errors, events: () => [...transport.held.values()] };
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('construction', () => {
  const wrong: [string, unknown][] = [
    ['nothing', {}],
    ['no object', undefined],
    ['a url that is none', { url: 'localhost:4400' }],
    ['a url and a transport', { url: 'http://127.0.0.1:1', transport: scriptedTransport([]) }],
    ['a key without a url', { apiKey: 'ak', transport: scriptedTransport([]) }],
    ['a catalogue alone', { experiments: { digest: 'sha256:00', experiments: {} } }],
    ['one arm', { experiments: { button: { arms: ['green'] } } }],
    ['an arm twice', { experiments: { button: { arms: ['green', 'green'] } } }],
    ['a name that no file could have', { experiments: { button: { arms: ['Green', 'blue'] } } }],
    ['a control that is no arm', { experiments: { button: { arms: ['green', 'blue'], control: 'red' } } }],
    ['no weight at all', { experiments: { button: { arms: { a: { weight: 0 }, b: { weight: 0 } } } } }],
    ['a negative weight', { experiments: { button: { arms: { a: { weight: -1 }, b: {} } } } }],
    ['a value where an arm belongs', { experiments: { button: { arms: { a: 'Save 20%', b: 'Save' } } } }],
    ['a misspelt weight', { experiments: { button: { arms: { a: { weigth: 2 }, b: {} } } } }],
    ['weights beside the arms', { experiments: { button: { arms: ['a', 'b'], weights: [1, 2] } } }],
    ['a refresh mode that is none', { transport: scriptedTransport([]), refresh: 'often' }],
    ['a misspelt part of the outbox', { transport: scriptedTransport([]), outbox: { capcity: 5 } }],
    ['an override to no arm', { experiments: { button: { arms: ['a', 'b'] } }, overrides: { button: 'c' } }],
    ['an override of no experiment', { experiments: { button: { arms: ['a', 'b'] } }, overrides: { buton: 'a' } }],
    ['a query in the url', { url: 'http://127.0.0.1:1/?a=1' }],
    ['an empty apiKey', { url: 'http://127.0.0.1:1', apiKey: '' }],
    ['an apiKey read with the end of its line', { url: 'http://127.0.0.1:1', apiKey: 'ak_0123456789abcdef\n' }],
    ['an apiKey that is no text', { url: 'http://127.0.0.1:1', apiKey: 5 }],
    ['a clock that is no function', { url: 'http://127.0.0.1:1', now: 5 }],
    ['half an outbox', { transport: scriptedTransport([]), outbox: { capacity: 0.5 } }],
  ];
  test.each(wrong)('throws with a code and advice: %s', (_, options) => {
    let thrown: unknown;
    try {
      createClient(options as never);
    } catch (error) {
      thrown = error;
    }
    expect(isArmatureError(thrown) && thrown.code).toBe('OPTIONS_INVALID');
  });

  test.each([
    { url: 'http://ops:hidden-word@127.0.0.1:1' },
    { url: 'ftp://ops:hidden-word@127.0.0.1:1' },
    { url: 'http://127.0.0.1:1/?key=hidden-word' },
    { url: 'http://127.0.0.1:1', apiKey: 'hidden-word\nhidden-word' },
  ])('repeats no secret that stands in the wrong place: %j', (options) => {
    let told = '';
    try {
      createClient(options);
    } catch (error) {
      told = String(error);
    }
    expect(told).toContain('cannot be made from these options');
    expect(told).not.toContain('hidden-word');
  });

  test.each([
    ['apikey', 'did you mean apiKey?'],
    ['boostrap', 'did you mean bootstrap?'],
    ['maxAge', 'did you mean maxAgeMs?'],
    ['toString', 'there are url, transport, apiKey,'],
  ])('refuses the option %s and says: %s', (name, advice) => {
    const make = () => createClient({ url: 'http://127.0.0.1:1', [name]: undefined } as never);
    expect(make).toThrow(`got the option "${name}", ${advice}`);
    expect(make).toThrow(expect.objectContaining({ code: 'OPTIONS_INVALID' }));
  });

  test('starts nothing: no request, no timer, no random bytes, no clock', async () => {
    const transport = scriptedTransport([], snapshot);
    const spies = [
      vi.spyOn(transport, 'fetchSnapshot'),
      vi.spyOn(globalThis, 'setTimeout'),
      vi.spyOn(globalThis.crypto, 'getRandomValues'),
      vi.spyOn(Date, 'now'),
    ];
    createClient({ transport });
    createClient({ url: 'http://127.0.0.1:1' });
    createClient({ experiments: { button: { arms: ['green', 'blue'] } } });
    for (const spy of spies) expect(spy).not.toHaveBeenCalled();
  });
});

describe('an inline client', () => {
  const make = () =>
    createClient({ experiments: { button: { arms: { green: { weight: 2 }, blue: { value: 7 } }, reward: 'click' } } });
  test('draws with fixed weights, exact to nine decimals', () => {
    const decision = make().decide('button', { unit: 'u-1' });
    expect(decision.propensities).toEqual({ blue: 0.333333333, green: 0.666666667 });
    expect(decision).toMatchObject({
      reason: 'split',
      randomised: true,
      snapshot: '0.0',
      snapshotAgeMs: 0,
      stale: false,
    });
  });
  test('is ready, sends nothing, and says so to rewards', async () => {
    const client = make();
    const decision = client.decide('button', { unit: 'u-1' });
    expect(client.reward(decision, true)).toEqual({ id: '', queued: false, error: 'OFFLINE' });
    expect(await client.ready()).toBe('ready');
    expect((await client.close()).produced).toBe(0);
    expect(client.status).toBe('closed');
  });
  test('shows decisions to listeners', () => {
    const client = make();
    const seen: string[] = [];
    const off = client.on('decision', ({ id }) => seen.push(id));
    const { id } = client.decide('button', { unit: 'u-1' });
    off();
    client.decide('button', { unit: 'u-1' });
    expect(seen).toEqual([id]);
  });
});

describe('decision events', () => {
  test('pass the door of the protocol, whatever the reason', async () => {
    const { client, events } = await online();
    client.decide('reader');
    client.decide('reader', { requestId: 'r-1', unit: 'u-1', expose: false });
    client.decide('reader', { context: { qa: true } });
    client.decide('layout', { unit: 'ünï-1' });
    await client.flush();
    expect(events().length).toBe(4);
    for (const event of events()) expect(parseEvent(event)).toMatchObject({ ok: true });
    expect(events().map(({ data }) => data)).toMatchObject([
      { experiment: 'reader', definition, snapshot: '7.31', reason: 'split' },
      { request: 'r-1', unit: 'u-1', exposed: false },
      { reason: 'override', rule: 'qa', arm: 'large', propensity: 1 },
      { unit: 'ünï-1', period: 20_563 },
    ]);
    expect(events()[0]?.data).not.toHaveProperty('rule');
  });

  test('are not made where no definition could be named; those decisions are counted', async () => {
    const { client } = await online();
    client.decide('nobody');
    client.decide('layout');
    expect(client.outbox.produced).toBe(0);
    expect(client.defaults).toBe(2);
  });

  test('tell how many decisions were lost before them', async () => {
    const { client, events, errors } = await online([], { outbox: { capacity: 2 } });
    for (let i = 0; i < 5; i += 1) client.decide('reader');
    await client.flush();
    client.decide('reader');
    client.decide('reader');
    await client.flush();
    expect(events().map(({ data }) => (data as { dropped?: number }).dropped)).toEqual([
      undefined,
      undefined,
      3,
      undefined,
    ]);
    expect(errors).toEqual(['OUTBOX_FULL']);
  });
});

describe('reward', () => {
  test('by decision carries what the partition key needs', async () => {
    const { client, events } = await online();
    const decision = client.decide('reader', { requestId: 'r-1', unit: 'u-1' });
    const receipt = client.reward(decision, { correct: true, latency_ms: 12.5 });
    expect(receipt).toEqual({ id: expect.any(String), queued: true });
    await client.flush();
    const event = events()[1];
    expect(event).toMatchObject({
      id: receipt.id,
      data: {
        experiment: 'reader',
        decision: decision.id,
        unit: 'u-1',
        request: 'r-1',
        metrics: { correct: 1, latency_ms: 12.5 },
      },
    });
    expect(parseEvent(event)).toMatchObject({ ok: true });
  });

  test('by unit, by token, and by what is left of a decision after JSON', async () => {
    const { client, events } = await online();
    const decision = client.decide('reader');
    client.reward({ experiment: 'reader', unit: 'u-1' }, 1);
    client.reward(decision.token, false);
    client.reward(JSON.parse(JSON.stringify(decision)), 0.5);
    await client.flush();
    expect(
      events()
        .slice(1)
        .map(({ data }) => data),
    ).toEqual([
      { experiment: 'reader', unit: 'u-1', metrics: { correct: 1 } },
      { token: decision.token, metrics: { correct: 0 } },
      { experiment: 'reader', decision: decision.id, metrics: { correct: 0.5 } },
    ]);
    for (const event of events()) expect(parseEvent(event)).toMatchObject({ ok: true });
  });

  test('of a decision that was not randomised is sent all the same', async () => {
    const { client } = await online();
    expect(client.reward(client.decide('reader', { context: { qa: true } }), 1).queued).toBe(true);
  });

  test('with an id of your own is sent under it, with its time', async () => {
    const { client, events } = await online();
    client.reward({ experiment: 'reader', unit: 'u-1' }, 1, {
      id: 'order-7',
      time: new Date('2026-11-23T05:26:42.123Z'),
    });
    await client.flush();
    expect(events()[0]).toMatchObject({ id: 'order-7', time: '2026-11-23T05:26:42.123Z' });
  });

  test('that means nothing gets a code and is not queued', async () => {
    const { client } = await online();
    const decision = client.decide('reader');
    const before = client.outbox.produced;
    const reward = client.reward as (target: unknown, value: unknown, options?: object) => { error?: string };
    const cases: [unknown, unknown, object | undefined, string][] = [
      ['not a token', 1, undefined, 'TOKEN_INVALID'],
      [`${decision.token}x`, 1, undefined, 'TOKEN_INVALID'],
      [null, 1, undefined, 'REWARD_TARGET'],
      [{ experiment: 'reader' }, 1, undefined, 'REWARD_TARGET'],
      [decision, Number.NaN, undefined, 'REWARD_NOT_FINITE'],
      [decision, Number.POSITIVE_INFINITY, undefined, 'REWARD_NOT_FINITE'],
      [decision, null, undefined, 'REWARD_NOT_NUMBER'],
      [decision, '1', undefined, 'REWARD_NOT_NUMBER'],
      [decision, { correct: '1' }, undefined, 'REWARD_NOT_NUMBER'],
      [decision, {}, undefined, 'REWARD_EMPTY'],
      [{ experiment: 'layout', unit: 'u-1' }, 1, undefined, 'METRIC_REQUIRED'],
      [decision, 1, { id: 'order-7' }, 'TIME_REQUIRED'],
      [decision, 1, { id: '', time: 1 }, 'ID_INVALID'],
      [decision, 1, { time: Number.NaN }, 'TIME_INVALID'],
      [client.decide('nobody'), { x: 1 }, undefined, 'NOT_LOGGED'],
    ];
    for (const [target, value, options, error] of cases) {
      expect(reward.call(client, target, value, options)).toEqual({ id: '', queued: false, error });
    }
    expect(client.outbox.produced).toBe(before);
  });

  test('of a metric that the catalogue has not is refused', async () => {
    const entry = {
      control: 'small',
      arms: { small: 's', large: 'l' },
      reward: 'correct',
      metrics: ['correct'],
    } as const;
    const experiments = { digest: 'sha256:00', experiments: { reader: entry } };
    const client = createClient({ transport: scriptedTransport([], snapshot), refresh: 'manual', experiments });
    expect(client.reward({ experiment: 'reader', unit: 'u-1' }, { corect: 1 })).toMatchObject({
      error: 'UNKNOWN_METRIC',
    });
    expect(client.reward({ experiment: 'reader', unit: 'u-1' }, true)).toMatchObject({ queued: true });
  });
});

describe('exposure', () => {
  test('names a decision made with expose: false, also by token', async () => {
    const { client, events } = await online();
    const decision = client.decide('reader', { unit: 'u-1', expose: false });
    client.exposure(decision);
    client.exposure(decision.token);
    await client.flush();
    const [, ...exposures] = events();
    for (const event of exposures) {
      expect(event.data).toEqual({ experiment: 'reader', decision: decision.id, unit: 'u-1' });
      expect(parseEvent(event)).toMatchObject({ ok: true });
    }
    expect(exposures.length).toBe(2);
  });
  test('of a decision that counts already is refused', async () => {
    const { client } = await online();
    expect(client.exposure(client.decide('reader'))).toMatchObject({ error: 'ALREADY_EXPOSED' });
  });
});

describe('tokens', () => {
  test('are signed by the API key, say what was decided, and are made once', async () => {
    const transport = scriptedTransport([], snapshot);
    const key = tokenKey('ak_secret');
    const client = createClient({ transport: { ...transport, tokenKey: key }, refresh: 'manual' });
    await client.ready();
    const decision = client.decide('reader', { requestId: 'r-1' });
    expect(verifyToken(decision.token, [key])).toMatchObject({
      ok: true,
      claims: {
        experiment: 'reader',
        arm: decision.arm,
        propensity: decision.propensity,
        snapshot: '7.31',
        definition,
        decision: decision.id,
        request: 'r-1',
        issued: decision.time,
      },
    });
    expect(decision.token).toBe(decision.token);
    expect(JSON.parse(JSON.stringify(decision)).token).toBe(decision.token);
  });
  test('are unsigned on an open server', async () => {
    const { client } = await online();
    expect(decodeToken(client.decide('reader').token)).toMatchObject({ ok: true, kid: 'open', tag: '' });
  });
});

describe('scopes', () => {
  test('fix options, merge contexts, and let later ones win', async () => {
    const { client } = await online();
    const scope = client.with({ unit: 'u-1', context: { qa: true } }).with({ context: { plan: 'pro' } });
    expect(scope.decide('reader')).toMatchObject({ unit: 'u-1', reason: 'override' });
    expect(scope.decide('reader', { unit: 'u-2', context: { qa: false } })).toMatchObject({
      unit: 'u-2',
      reason: 'split',
    });
    expect(
      scope.decideMany('reader', [{ requestId: 'a' }, { requestId: 'b' }]).map(({ requestId }) => requestId),
    ).toEqual(['a', 'b']);
    expect(Object.keys(scope.decideAll()).sort()).toEqual(['layout', 'reader']);
  });
});

describe('a decision never throws', () => {
  test('whatever it is given, with listeners that do, and after close', async () => {
    const { client, errors } = await online();
    client.on('decision', () => {
      throw new Error('listener');
    });
    const trap = new Proxy(
      {},
      {
        getOwnPropertyDescriptor: () => {
          throw new Error('trap');
        },
      },
    );
    const decide = client.decide.bind(client) as (
      name: unknown,
      options?: unknown,
    ) => { reason: string; error?: string };
    expect(decide('reader').reason).toBe('split');
    for (const options of [null, 5, { unit: 5 }, { context: null }, { context: 7 }, { requestId: {} }]) {
      expect(decide('reader', options).reason).toBe('split');
    }
    expect(decide('reader', { context: trap })).toMatchObject({ reason: 'default', error: 'DECISION_FAILED' });
    for (const name of [undefined, null, 5, {}, '__proto__']) expect(decide(name).error).toBe('UNKNOWN_EXPERIMENT');
    await client.close();
    expect(decide('reader').reason).toBe('split');
    expect(new Set(errors)).toEqual(new Set(['LISTENER_FAILED', 'DECISION_FAILED', 'UNKNOWN_EXPERIMENT']));
  });
});

test('an error that nobody listens to is printed once per code', async () => {
  const print = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const client = createClient({ transport: scriptedTransport([]), refresh: 'manual' });
  await client.ready({ timeoutMs: 10 });
  await client.ready({ timeoutMs: 10 });
  expect(client.status).toBe('default');
  expect(print.mock.calls.map(([line]) => line)).toEqual([expect.stringContaining('armature: UNAVAILABLE:')]);
});

test('a server that knows arms the catalogue has not is reported once', async () => {
  const errors: string[] = [];
  const client = createClient({
    transport: scriptedTransport([], snapshot),
    refresh: 'manual',
    experiments: { digest: 'sha256:00', experiments: { reader: { control: 'small', arms: { small: 's' } } } },
  });
  client.on('error', ({ code, got }) => errors.push(`${code} ${got}`));
  await client.ready();
  expect(errors).toEqual(['CATALOGUE_OUTDATED reader']);
});

test('a client in an await using block is closed, and its events are sent', async () => {
  const transport = scriptedTransport([], snapshot);
  const client = createClient({ transport, refresh: 'manual' });
  await client.ready();
  client.decide('reader');
  await client[Symbol.asyncDispose]();
  expect(transport.held.size).toBe(1);
});
