import { decisionOf, rewardOf } from '../../packages/server/test/workspace.js';
import type { HttpWorld } from './http-world.js';
import type { Row } from './row.js';

const text = (value: unknown): string => JSON.stringify(value);
const good = ({ loop }: HttpWorld): ReturnType<typeof decisionOf> =>
  decisionOf(loop.engine.snapshot, 'reader', 'large', Date.now());
const counts = ({ loop }: HttpWorld): { readonly decisions: number; readonly duplicates: number } =>
  loop.engine.health().get('reader') ?? { decisions: 0, duplicates: 0 };

/** A batch as text, and what of it counts. */
const taken = (row: number, input: string, make: (world: HttpWorld) => string, expected: string, proof: string) =>
  ({
    row,
    input,
    expected,
    proof,
    act: async (world: HttpWorld) => {
      const before = counts(world);
      const { body } = await world.post(make(world));
      const { decisions, duplicates } = counts(world);
      const more = `${decisions - before.decisions} decisions and ${duplicates - before.duplicates} duplicates more`;
      return { got: `accepted ${body.accepted}, rejected ${body.rejected}`, proof: more };
    },
  }) satisfies Row<HttpWorld>;

const bounded = (value: string): string =>
  text([rewardOf('reader', 'd-1', { score: 0.123 }, Date.now())]).replace('0.123', value);
const overflow = (value: string): Row<HttpWorld> => ({
  row: 19,
  input: value,
  expected: '200, item REWARD_NOT_FINITE',
  act: async (world) => {
    const { status, body } = await world.post(bounded(value));
    return { got: `${status}, item ${(body.errors as { code: string }[])[0]?.code}` };
  },
});

/** Names that nobody knows, and what is left of them. */
const manyNames: Row<HttpWorld> = {
  row: 35,
  input: '10,000 experiments that nobody knows',
  expected: '10000 items UNKNOWN_EXPERIMENT',
  act: async (world) => {
    let refused = 0;
    for (let batch = 0; batch < 10; batch += 1) {
      const event = good(world);
      const items = Array.from({ length: 1000 }, (_, i) => ({
        ...event,
        data: { ...event.data, experiment: `n-${1000 * batch + i}` },
      }));
      const { body } = await world.post(text(items));
      refused += (body.errors as { code: string }[]).filter(({ code }) => code === 'UNKNOWN_EXPERIMENT').length;
    }
    return { got: `${refused} items UNKNOWN_EXPERIMENT` };
  },
};

/** The figures under /metrics, which name experiments and never units or ids. */
const manyUnits: Row<HttpWorld> = {
  row: 35,
  input: '1,000 units of one experiment',
  expected: 'accepted 1000',
  proof: 'as many figures under /metrics as before',
  act: async (world) => {
    const figures = async (): Promise<number> =>
      [
        ...(await (await fetch(`http://127.0.0.1:${world.port}/metrics`)).text()).matchAll(
          /^armature_(?!http|nodejs)/gm,
        ),
      ].length;
    const { loop } = world;
    const decide = (unit: string) => decisionOf(loop.engine.snapshot, 'button', 'blue', Date.now(), { unit });
    await world.post(text([decide('first')]));
    const before = await figures();
    const { body } = await world.post(text(Array.from({ length: 1000 }, (_, i) => decide(`u-${i}`))));
    const same = (await figures()) === before;
    return {
      got: `accepted ${body.accepted}`,
      proof: `${same ? 'as' : 'not as'} many figures under /metrics as before`,
    };
  },
};

/** Odd input that is no fault: what counts of it. */
export const TAKEN: readonly Row<HttpWorld>[] = [
  overflow('1e999'),
  overflow('-1e999'),
  ...['-0', '1e-400', '5e-324', '0.30000000000000004'].map((value) =>
    taken(19, value, () => bounded(value), 'accepted 1, rejected 0', '0 decisions and 0 duplicates more'),
  ),
  taken(
    21,
    'one id in NFC and in NFD: two ids',
    (w) => text(['caf\u00e9', 'cafe\u0301'].map((id) => ({ ...good(w), id }))),
    'accepted 2, rejected 0',
    '2 decisions and 0 duplicates more',
  ),
  taken(
    24,
    'the same id with another payload: the first counts',
    (w) => {
      const event = good(w);
      return text([event, { ...event, data: { ...event.data, arm: 'small' } }]);
    },
    'accepted 2, rejected 0',
    '1 decisions and 1 duplicates more',
  ),
  taken(
    25,
    'a decision from before the end, and its reward, after it',
    ({ running }) => text([running, rewardOf('over', running.id, { sale: 1 }, Date.now())]),
    'accepted 2, rejected 0',
    '0 decisions and 0 duplicates more',
  ),
  manyNames,
  manyUnits,
];
