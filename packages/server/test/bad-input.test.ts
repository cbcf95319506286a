import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { encodeToken, tokenKey } from '@armature/sdk/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildApp, type Engine, virtualClock } from '../src/index.js';
import { decisionOf, FILES, idAt, rewardOf, type Workspace, workspace } from './workspace.js';

const KEY = 'ak_test_0123456789';
const HOUR = 3_600_000;
let space: Workspace;
let engine: Engine;
let app: Awaited<ReturnType<typeof buildApp>>;
let port: number;

beforeAll(async () => {
  space = await workspace({
    ...FILES,
    'ended.yaml': 'experiment: over\narms: [a, b]\nassign: request\nreward: { metric: sale, window: 1h }\n',
  });
  engine = await space.open({ partitions: 2, apiKeys: [KEY], clock: virtualClock(Date.now()) });
  app = await buildApp(engine);
  await app.listen({ host: '127.0.0.1', port: 0 });
  port = (app.server.address() as { port: number }).port;
  running = decisionOf(engine.snapshot, 'over', 'a', engine.clock.now());
  await space.write(
    'ended.yaml',
    'experiment: over\nstatus: ended\narms: [a, b]\nassign: request\nreward: { metric: sale, window: 1h }\n',
  );
  expect(await engine.reload()).toBeUndefined();
});
afterAll(async () => {
  await app.close();
  await space.dispose();
});
let running: ReturnType<typeof decisionOf>;

/** The ends of all logs and everything that is made from them. The clock stands still, so nothing moves by itself. */
const state = (): string =>
  JSON.stringify([
    engine.partitions.map((partition) => partition.state.offset),
    engine.snapshot,
    [...engine.health()],
    engine.statistics(),
  ]);

interface Answer {
  readonly status: number;
  readonly body: { readonly [key: string]: unknown };
}

async function post(
  body: string | Uint8Array<ArrayBuffer>,
  headers: { readonly [name: string]: string } = {},
): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${port}/v1/events`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/cloudevents-batch+json', authorization: `Bearer ${KEY}`, ...headers },
  });
  return { status: response.status, body: (await response.json()) as { readonly [key: string]: unknown } };
}

const text = (value: unknown): string => JSON.stringify(value);
const bytes = (...values: readonly number[]): Uint8Array<ArrayBuffer> => new Uint8Array(values);
const good = (): ReturnType<typeof decisionOf> => decisionOf(engine.snapshot, 'reader', 'large', Date.now());
const rewarding = (value: string): string =>
  text([rewardOf('reader', 'd-1', { correct: 0.123 }, Date.now())]).replace('0.123', value);
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

/** Row of the catalogue, what is sent, and how the whole request is refused. */
const REQUESTS: readonly [row: number, what: string, send: () => Promise<Answer>, status: number, code: string][] = [
  [15, 'a body over 1 MiB', () => post(`[${' '.repeat(1024 * 1024)}]`), 413, 'BODY_TOO_LARGE'],
  [15, '1,001 items', () => post(text(Array.from({ length: 1001 }, () => 0))), 413, 'TOO_MANY_ITEMS'],
  [16, 'no JSON', () => post('hello'), 400, 'JSON_INVALID'],
  [16, 'an empty body', () => post(''), 400, 'JSON_EMPTY'],
  [16, 'a byte order mark', () => post(`\ufeff${text([good()])}`), 400, 'JSON_BOM'],
  [16, 'something behind the value', () => post(`${text([good()])} x`), 400, 'JSON_TRAILING'],
  [16, 'a cut body', () => post(text([good()]).slice(0, -5)), 400, 'JSON_INVALID'],
  [16, 'NaN', () => post(rewarding('NaN')), 400, 'JSON_INVALID'],
  [16, 'a number', () => post('7'), 400, 'EVENT_INVALID'],
  [17, 'the key __proto__', () => post(rewarding('1').replace('"correct"', '"__proto__"')), 400, 'JSON_FORBIDDEN_KEY'],
  [
    17,
    'the keys constructor.prototype',
    () => post(text([good()]).replace('"arm":"large"', '"arm":"large","constructor":{"prototype":{}}')),
    400,
    'JSON_FORBIDDEN_KEY',
  ],
  [21, 'invalid UTF-8', () => post(bytes(0x5b, 0x22, 0xff, 0x22, 0x5d)), 400, 'JSON_UTF8'],
  [22, 'a key twice', () => post(rewarding('1,"correct":0')), 400, 'JSON_DUPLICATE_KEY'],
  [22, 'a key twice, escaped', () => post(rewarding('1,"correc\\u0074":0')), 400, 'JSON_DUPLICATE_KEY'],
  [23, 'nesting of 100,000', () => post(nested(100_000)), 400, 'JSON_TOO_DEEP'],
  [23, 'nesting of 17', () => post(nested(17)), 400, 'JSON_TOO_DEEP'],
  [
    28,
    'gzip',
    () => post(new Uint8Array(gzipSync(text([good()]))), { 'content-encoding': 'gzip' }),
    415,
    'CONTENT_ENCODING',
  ],
  [28, 'two encodings', () => post(text([good()]), { 'content-encoding': 'gzip, br' }), 415, 'CONTENT_ENCODING'],
  [29, 'text/plain', () => post(text([good()]), { 'content-type': 'text/plain' }), 415, 'CONTENT_TYPE'],
  [
    29,
    'multipart',
    () => post(text([good()]), { 'content-type': 'multipart/form-data; boundary=x' }),
    415,
    'CONTENT_TYPE',
  ],
  [
    29,
    'utf-16',
    () => post(text([good()]), { 'content-type': 'application/cloudevents-batch+json; charset=utf-16' }),
    415,
    'CONTENT_TYPE',
  ],
  [26, 'another API key', () => post(text([good()]), { authorization: 'Bearer ak_other' }), 401, 'UNAUTHORIZED'],
  [26, 'no API key', () => post(text([good()]), { authorization: '' }), 401, 'UNAUTHORIZED'],
];

test.each(REQUESTS)('row %i: %s is refused whole, and changes nothing', async (_row, _what, send, status, code) => {
  const before = state();
  const answer = await send();
  expect({ status: answer.status, code: answer.body.code }).toEqual({ status, code });
  expect(answer.body).toMatchObject({
    type: expect.stringMatching(/^urn:/),
    retryable: false,
    requestId: expect.any(String),
  });
  expect(answer.body.detail).not.toContain(KEY);
  expect(state()).toBe(before);
});

const decision = (more: object) => (): unknown => ({ ...good(), ...more });
const data = (more: object) => (): unknown => {
  const event = good();
  return { ...event, data: { ...event.data, ...more } };
};
const reward =
  (value: unknown, metric = 'correct') =>
  (): unknown =>
    rewardOf('reader', 'd-1', { [metric]: value }, Date.now());
const at = (time: number) => (): unknown => ({ ...good(), id: 'own-id', time: new Date(time).toISOString() });
const claims = (more: object = {}) => ({
  experiment: 'reader',
  arm: 'large',
  propensity: 0.5,
  snapshot: '1.1',
  definition: engine.snapshot.experiments.reader?.definition ?? '',
  decision: 'd-1',
  issued: Date.now(),
  ...more,
});
const byToken = (token: string): unknown => ({
  ...rewardOf('reader', 'd-1', {}, Date.now()),
  data: { token, metrics: { correct: 1 } },
});
const flip = (token: string): string => `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`;

/** Row of the catalogue, the item, the code it gets, and a word of the help. */
const ITEMS: readonly [row: number, what: string, item: () => unknown, code: string, help: RegExp][] = [
  [18, 'reward null', reward(null), 'REWARD_NOT_NUMBER', /null/],
  [18, 'reward true', reward(true), 'REWARD_NOT_NUMBER', /true/],
  [18, 'reward "12"', reward('12'), 'REWARD_NOT_NUMBER', /"12"/],
  [18, 'reward ""', reward(''), 'REWARD_NOT_NUMBER', /""/],
  [18, 'reward []', reward([]), 'REWARD_NOT_NUMBER', /./],
  [18, 'reward {}', reward({}), 'REWARD_NOT_NUMBER', /./],
  [20, 'a binary reward of 2', reward(2), 'REWARD_OUT_OF_RANGE', /outside 0 \.\. 1/],
  [20, 'a binary reward of .5', reward(0.5), 'REWARD_OUT_OF_RANGE', /send 0 or 1/],
  [
    20,
    'a reward whose square is no number',
    reward(-1e200, 'score'),
    'REWARD_OUT_OF_RANGE',
    /between -1e\+100 and 1e\+100/,
  ],
  [20, 'a bounded reward below its range', reward(-0.01, 'score'), 'REWARD_OUT_OF_RANGE', /outside 0 \.\. 10/],
  [20, 'a metric that is misspelt', reward(1, 'corect'), 'UNKNOWN_METRIC', /did you mean correct\?/],
  [21, 'a numeric id', decision({ id: 7 }), 'ID_INVALID', /number/],
  [21, 'an id beyond 2^53', decision({ id: 2 ** 53 + 2 }), 'ID_INVALID', /number/],
  [21, 'an empty id', decision({ id: '' }), 'ID_INVALID', /empty/],
  [21, 'an id of 10 kB', decision({ id: 'x'.repeat(10_240) }), 'ID_INVALID', /128 bytes/],
  [21, 'an id of 129 bytes of UTF-8', decision({ id: 'é'.repeat(65) }), 'ID_INVALID', /130 bytes/],
  [21, 'a control character in an id', decision({ id: 'a\u0000b' }), 'ID_INVALID', /control/],
  [21, 'a lone surrogate in an id', decision({ id: 'a\ud800' }), 'ID_INVALID', /surrogate/],
  [21, 'a numeric unit', data({ unit: 12 }), 'ID_INVALID', /number/],
  [25, 'an unknown experiment', data({ experiment: 'readr' }), 'UNKNOWN_EXPERIMENT', /did you mean reader\?/],
  [25, 'an arm the version has not', data({ arm: 'larg' }), 'UNKNOWN_ARM', /known: large, small/],
  [25, 'an unknown version', data({ snapshot: '9.9' }), 'UNKNOWN_SNAPSHOT', /9\.9/],
  [
    25,
    'a definition that is not durable',
    data({ definition: `sha256:${'0'.repeat(64)}` }),
    'UNKNOWN_DEFINITION',
    /sha256:0/,
  ],
  [25, 'a rule the version has not', data({ rule: 'beta' }), 'UNKNOWN_RULE', /policy/],
  [
    25,
    'a decision after the end',
    () => ({ ...running, id: idAt(Date.now()), time: iso(1000) }),
    'EXPERIMENT_ENDED',
    /over/,
  ],
  [
    25,
    'a reward long after the end',
    () => rewardOf('over', running.id, { sale: 1 }, Date.now() + 4 * 60_000 + 2 * HOUR),
    'TIME_INVALID',
    /clock/,
  ],
  [
    25,
    'a decision without the unit its experiment wants',
    () => decisionOf(engine.snapshot, 'button', 'blue', Date.now()),
    'REQUIRED',
    /assigned by unit/,
  ],
  [26, 'a token that is none', () => byToken('v1.garbage'), 'TOKEN_INVALID', /./],
  [26, 'an unsigned token', () => byToken(encodeToken(claims())), 'TOKEN_UNAUTHENTICATED', /unsigned/],
  [
    26,
    'a token with a wrong tag',
    () => byToken(flip(encodeToken(claims(), tokenKey(KEY)))),
    'TOKEN_UNAUTHENTICATED',
    /tag/,
  ],
  [
    26,
    "somebody else's token",
    () => byToken(encodeToken(claims(), tokenKey('ak_other'))),
    'TOKEN_UNAUTHENTICATED',
    /no key/,
  ],
  [
    26,
    'a token whose window has passed',
    () => byToken(encodeToken(claims({ issued: Date.now() - HOUR }), tokenKey(KEY))),
    'TOKEN_EXPIRED',
    /window 1000 ms/,
  ],
  [
    26,
    'a token from the future',
    () => byToken(encodeToken(claims({ issued: Date.now() + HOUR }), tokenKey(KEY))),
    'TOKEN_INVALID',
    /future/,
  ],
  [27, 'the year 275760', decision({ time: '+275760-09-13T00:00:00.000Z' }), 'TIME_INVALID', /2000 to 2199/],
  [27, 'a negative time', decision({ time: -1 }), 'TIME_INVALID', /number/],
  [27, 'seconds since the epoch', decision({ time: 1795411602 }), 'TIME_INVALID', /as seconds/],
  [27, 'a time zone', decision({ time: '2026-11-24T05:26:42+01:00' }), 'TIME_INVALID', /UTC/],
  [27, 'an hour ahead', at(Date.now() + HOUR), 'TIME_INVALID', /clock/],
  [27, 'seven hours old', at(Date.now() - 7 * HOUR), 'EVENT_TOO_OLD', /six hours/],
  [58, 'propensity 0', data({ propensity: 0 }), 'PROPENSITY_INVALID', /\(0, 1\]/],
  [58, 'propensity above 1', data({ propensity: 1.5 }), 'PROPENSITY_INVALID', /\(0, 1\]/],
  [58, 'no propensity', data({ propensity: undefined }), 'REQUIRED', /propensity/],
  [58, 'a propensity that is not the version’s', data({ propensity: 0.25 }), 'PROPENSITY_MISMATCH', /gives large 0\.5/],
];
const iso = (ahead: number): string => new Date(Date.now() + ahead).toISOString();

test.each(ITEMS)(
  'row %i: %s is refused by itself, with help, and changes nothing',
  async (_row, _what, item, code, help) => {
    const before = state();
    const answer = await post(text([item()]));
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ accepted: 0, rejected: 1, errors: [{ index: 0, code, retryable: false }] });
    expect((answer.body.errors as { detail: string }[])[0]?.detail).toMatch(help);
    expect(state()).toBe(before);
  },
);

test('row 19: numbers beyond a double are refused, -0 is 0, subnormal numbers are numbers', async () => {
  for (const value of ['1e999', '-1e999']) {
    const answer = await post(rewarding(value));
    expect(answer.body).toMatchObject({ accepted: 0, errors: [{ code: 'REWARD_NOT_FINITE' }] });
  }
  const bounded = (value: string): string => rewarding(value).replace('correct', 'score');
  for (const value of ['-0', '1e-400', '5e-324', '0.30000000000000004']) {
    expect((await post(bounded(value))).body).toMatchObject({ accepted: 1, rejected: 0 });
  }
});

test('row 21: NFC and NFD are two ids, row 24: of two events with one id the first counts', async () => {
  const reader = (): { decisions: number; duplicates: number } =>
    engine.health().get('reader') ?? { decisions: 0, duplicates: 0 };
  const { decisions, duplicates } = reader();
  await post(
    text([
      { ...good(), id: 'caf\u00e9' },
      { ...good(), id: 'cafe\u0301' },
    ]),
  );
  expect(reader().decisions).toBe(decisions + 2);
  const event = good();
  const other = { ...event, data: { ...event.data, arm: 'small' } };
  expect((await post(text([event, other]))).body).toMatchObject({ accepted: 2, rejected: 0 });
  expect(reader()).toMatchObject({ decisions: decisions + 3, duplicates: duplicates + 1 });
});

test('row 25: an ended experiment still takes rewards of its last windows, and decisions made before', async () => {
  const answer = await post(text([running, rewardOf('over', running.id, { sale: 1 }, Date.now())]));
  expect(answer.body).toEqual({ accepted: 2, rejected: 0, errors: [] });
});

test('a batch is taken in part: each fault by its index, the rest durable', async () => {
  const before = engine.health().get('reader')?.decisions ?? 0;
  const items = Array.from({ length: 10 }, (_, i) => (i % 3 === 0 ? { ...good(), id: '' } : good()));
  const answer = await post(text(items));
  expect(answer.body).toMatchObject({ accepted: 6, rejected: 4 });
  expect((answer.body.errors as { index: number }[]).map((error) => error.index)).toEqual([0, 3, 6, 9]);
  expect(engine.health().get('reader')?.decisions).toBe(before + 6);
});

test('rows 30 and 31: ambiguous framing and a missing host are refused by the parser, and the connection closed', async () => {
  const head = 'POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
  const requests = [
    `${head}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n[]`,
    `${head}Content-Length: 2\r\nContent-Length: 3\r\n\r\n[]`,
    `${head}Transfer-Encoding: xchunked\r\n\r\n[]`,
    'GET /v1/snapshot HTTP/1.1\r\n\r\n',
    'GET /v1/snapshot HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n',
  ];
  for (const request of requests) {
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => socket.write(request));
      let received = '';
      socket.on('data', (chunk) => {
        received += String(chunk);
      });
      socket.on('close', () => resolve(received));
      socket.on('error', reject);
    });
    expect(answer.split('\r\n')[0]).toBe('HTTP/1.1 400 Bad Request');
  }
});
