import { encodeToken, tokenKey } from '@armature/sdk/protocol';
import { decisionOf, idAt, rewardOf } from '../../packages/server/test/workspace.js';
import { type HttpWorld, KEY } from './http-world.js';
import type { Row } from './row.js';

const HOUR = 3_600_000;
type Make = (world: HttpWorld) => unknown;

const good = (w: HttpWorld): ReturnType<typeof decisionOf> =>
  decisionOf(w.loop.engine.snapshot, 'reader', 'large', Date.now());
const decision =
  (more: object): Make =>
  (w) => ({ ...good(w), ...more });
const data =
  (more: object): Make =>
  (w) => {
    const event = good(w);
    return { ...event, data: { ...event.data, ...more } };
  };
const reward =
  (value: unknown, metric = 'correct'): Make =>
  () =>
    rewardOf('reader', 'd-1', { [metric]: value }, Date.now());
const iso = (ahead: number): string => new Date(Date.now() + ahead).toISOString();
const at =
  (time: number): Make =>
  (w) => ({ ...good(w), id: 'own-id', time: new Date(time).toISOString() });
const claims = (w: HttpWorld, more: object = {}) => ({
  experiment: 'reader',
  arm: 'large',
  propensity: 0.5,
  snapshot: '1.1',
  definition: w.loop.engine.snapshot.experiments.reader?.definition ?? '',
  decision: 'd-1',
  issued: Date.now(),
  ...more,
});
const byToken = (token: string): unknown => ({
  ...rewardOf('reader', 'd-1', {}, Date.now()),
  data: { token, metrics: { correct: 1 } },
});
const flip = (token: string): string => `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`;

/** One item of a batch that is refused by itself, with help. */
const item = (row: number, input: string, make: Make, code: string, says: RegExp): Row<HttpWorld> => ({
  row,
  input,
  expected: `200, item ${code}`,
  says,
  act: async (world) => {
    const { status, body } = await world.post(JSON.stringify([make(world)]));
    const [error] = (body.errors ?? []) as readonly {
      readonly index: number;
      code: string;
      detail: string;
      retryable: boolean;
    }[];
    const alone = body.accepted === 0 && body.rejected === 1 && error?.index === 0 && !error.retryable;
    return { got: `${status}, item ${alone ? error.code : JSON.stringify(body)}`, says: error?.detail ?? '' };
  },
});

/** Items that are refused one by one. */
export const ITEMS: readonly Row<HttpWorld>[] = [
  item(18, 'reward null', reward(null), 'REWARD_NOT_NUMBER', /null/),
  item(18, 'reward true', reward(true), 'REWARD_NOT_NUMBER', /true/),
  item(18, 'reward "12"', reward('12'), 'REWARD_NOT_NUMBER', /"12"/),
  item(18, 'reward ""', reward(''), 'REWARD_NOT_NUMBER', /""/),
  item(18, 'reward []', reward([]), 'REWARD_NOT_NUMBER', /./),
  item(18, 'reward {}', reward({}), 'REWARD_NOT_NUMBER', /./),
  item(20, 'a binary reward of 2', reward(2), 'REWARD_OUT_OF_RANGE', /outside 0 \.\. 1/),
  item(20, 'a binary reward of .5', reward(0.5), 'REWARD_OUT_OF_RANGE', /send 0 or 1/),
  item(
    20,
    'a reward whose square is no number',
    reward(-1e200, 'score'),
    'REWARD_OUT_OF_RANGE',
    /between -1e\+100 and 1e\+100/,
  ),
  item(20, 'a bounded reward below its range', reward(-0.01, 'score'), 'REWARD_OUT_OF_RANGE', /outside 0 \.\. 10/),
  item(20, 'a metric that is misspelt', reward(1, 'corect'), 'UNKNOWN_METRIC', /did you mean correct\?/),
  item(21, 'a numeric id', decision({ id: 7 }), 'ID_INVALID', /number/),
  item(21, 'an id beyond 2^53', decision({ id: 2 ** 53 + 2 }), 'ID_INVALID', /number/),
  item(21, 'an empty id', decision({ id: '' }), 'ID_INVALID', /empty/),
  item(21, 'an id of 10 kB', decision({ id: 'x'.repeat(10_240) }), 'ID_INVALID', /128 bytes/),
  item(21, 'an id of 129 bytes of UTF-8', decision({ id: 'é'.repeat(65) }), 'ID_INVALID', /130 bytes/),
  item(21, 'a control character in an id', decision({ id: 'a\u0000b' }), 'ID_INVALID', /control/),
  item(21, 'a lone surrogate in an id', decision({ id: 'a\ud800' }), 'ID_INVALID', /surrogate/),
  item(21, 'a numeric unit', data({ unit: 12 }), 'ID_INVALID', /number/),
  item(25, 'an unknown experiment', data({ experiment: 'readr' }), 'UNKNOWN_EXPERIMENT', /did you mean reader\?/),
  item(25, 'an arm the version has not', data({ arm: 'larg' }), 'UNKNOWN_ARM', /known: large, small/),
  item(25, 'an unknown version', data({ snapshot: '9.9' }), 'UNKNOWN_SNAPSHOT', /9\.9/),
  item(
    25,
    'a definition that is not durable',
    data({ definition: `sha256:${'0'.repeat(64)}` }),
    'UNKNOWN_DEFINITION',
    /sha256:0/,
  ),
  item(25, 'a period that is not the version’s', data({ period: 7 }), 'PERIOD_MISMATCH', /period is 7/),
  item(25, 'a rule the version has not', data({ rule: 'beta' }), 'UNKNOWN_RULE', /policy/),
  item(
    25,
    'a decision after the end',
    (w) => ({ ...w.running, id: idAt(Date.now()), time: iso(1000) }),
    'EXPERIMENT_ENDED',
    /over/,
  ),
  item(
    25,
    'a reward long after the end',
    (w) => rewardOf('over', w.running.id, { sale: 1 }, Date.now() + 4 * 60_000 + 2 * HOUR),
    'TIME_INVALID',
    /clock/,
  ),
  item(
    25,
    'a decision without the unit its experiment wants',
    (w) => decisionOf(w.loop.engine.snapshot, 'button', 'blue', Date.now()),
    'REQUIRED',
    /assigned by unit/,
  ),
  item(26, 'a token that is none', () => byToken('v1.garbage'), 'TOKEN_INVALID', /./),
  item(26, 'an unsigned token', (w) => byToken(encodeToken(claims(w))), 'TOKEN_UNAUTHENTICATED', /unsigned/),
  item(
    26,
    'a token with a wrong tag',
    (w) => byToken(flip(encodeToken(claims(w), tokenKey(KEY)))),
    'TOKEN_UNAUTHENTICATED',
    /tag/,
  ),
  item(
    26,
    "somebody else's token",
    (w) => byToken(encodeToken(claims(w), tokenKey('ak_other'))),
    'TOKEN_UNAUTHENTICATED',
    /no key/,
  ),
  item(
    26,
    'a token whose window has passed',
    (w) => byToken(encodeToken(claims(w, { issued: Date.now() - HOUR }), tokenKey(KEY))),
    'TOKEN_EXPIRED',
    /window 1000 ms/,
  ),
  item(
    26,
    'a token from the future',
    (w) => byToken(encodeToken(claims(w, { issued: Date.now() + HOUR }), tokenKey(KEY))),
    'TOKEN_INVALID',
    /future/,
  ),
  item(27, 'the year 275760', decision({ time: '+275760-09-13T00:00:00.000Z' }), 'TIME_INVALID', /2000 to 2199/),
  item(27, 'a negative time', decision({ time: -1 }), 'TIME_INVALID', /number/),
  item(27, 'seconds since the epoch', decision({ time: 1795411602 }), 'TIME_INVALID', /as seconds/),
  item(27, 'a time zone', decision({ time: '2026-11-24T05:26:42+01:00' }), 'TIME_INVALID', /UTC/),
  item(27, 'an hour ahead', at(Date.now() + HOUR), 'TIME_INVALID', /clock/),
  item(27, 'seven hours old', at(Date.now() - 7 * HOUR), 'EVENT_TOO_OLD', /six hours/),
  item(58, 'propensity 0', data({ propensity: 0 }), 'PROPENSITY_INVALID', /\(0, 1\]/),
  item(58, 'propensity above 1', data({ propensity: 1.5 }), 'PROPENSITY_INVALID', /\(0, 1\]/),
  item(58, 'no propensity', data({ propensity: undefined }), 'REQUIRED', /propensity/),
  item(
    58,
    'a propensity that is not the version’s',
    data({ propensity: 0.25 }),
    'PROPENSITY_MISMATCH',
    /gives large 0\.5/,
  ),
];
