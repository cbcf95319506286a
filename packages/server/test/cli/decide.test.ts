import { draw, prepareDraw } from '@armature/sdk/policies';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { drawScores } from '../../src/cli/draw-scores.js';
import { type Served, serve } from '../../src/main.js';
import { cli, folderOf } from './recorded-terminal.js';

const FILES = `experiment: button
arms: [blue, green]
reward: purchase
---
experiment: reader
arms: [large, small, xl]
assign: request
policy: thompson
reward: correct
audience: [{ attribute: country, op: in, value: [DE, FR] }]
overrides: [{ id: qa, if: [{ attribute: tester, op: is, value: true }], arm: xl }]
---
experiment: hero
arms: [plain, bold]
holdout: { name: everything, share: 5% }
layer: { name: page, slot: [0%, 60%] }
traffic: 80%
`;

const logger = { info: () => {}, warn: () => {}, error: () => {} };
const QUIET = { port: 0, drainMs: 0, logger, print: () => {}, watch: false };

let served: Served;
let data: string;
beforeAll(async () => {
  const experiments = folderOf({ 'a.yaml': FILES });
  data = folderOf();
  served = await serve({ experiments, data, ...QUIET });
});
afterAll(() => served.stop());

const decisions = () => [...served.engine.health().values()].reduce((sum, health) => sum + health.decisions, 0);
const decide = async (...args: string[]) => {
  const { out, ...rest } = await cli(['decide', ...args, '--json']);
  return { ...rest, ...(out === '' ? {} : JSON.parse(out)) };
};

describe('decide', () => {
  test('tells the vector, the rule, the hash key and the race of one decision', async () => {
    const { out, code } = await cli(['decide', 'button', '--unit', 'u-1', '--data', data]);
    expect(code).toBe(0);
    const lines = out.replace(/sha256:[0-9a-f]{8}/, 'sha256:x');
    expect(lines).toMatchInlineSnapshot(`
      "button: blue  "blue"
      reason      split
      randomised  yes
      propensity  0.5
      rule        policy: everybody
      version     1.1, definition sha256:x
      hash key    "u-1"
      logged      no

      arm    probability            u  -ln(u)/p
      blue   0.500000000  0.742988297  0.594150  smallest: drawn
      green  0.500000000  0.223447052  2.997162
      "
    `);
  });

  test('gives the same from the data directory and from its server', async () => {
    const args = ['reader', '--request-id', 'r-1', '--context', 'country=DE'];
    const [local, remote] = [await decide(...args, '--data', data), await decide(...args, '--url', served.url)];
    expect(local.decision.arm).toBe(remote.decision.arm);
    expect(local.race).toEqual(remote.race);
    expect(local.key).toBe('r-1');
  });

  test('asks the rules about what --context says, texts, numbers and truths', async () => {
    expect((await decide('reader', '--data', data)).decision.reason).toBe('excluded');
    const tester = await decide('reader', '--data', data, '--context', 'country=DE', '--context', 'tester=true');
    expect([tester.decision.arm, tester.decision.reason, tester.rule.id]).toEqual(['xl', 'override', 'qa']);
    const quoted = await decide('reader', '--data', data, '--context', 'tester="true"');
    expect(quoted.decision.reason).toBe('excluded');
  });

  test('shows each stage before the draw with its hash, up to the one that stops', async () => {
    const tableOf = async (unit: string) => {
      const { out } = await cli(['decide', 'hero', '--unit', unit, '--data', data]);
      return out.split('\n').filter((line) => /^(reason|outer|stage|holdout|layer|traffic|rule) /.test(line));
    };
    // oracle: the uniforms by mmh3 (scripts/oracles/draw.py)
    expect(await tableOf('u-2')).toMatchInlineSnapshot(`
      [
        "reason      excluded",
        "outer       0.494",
        "rule        one that is drawn, but the stages come first",
        "stage    hashed with            u      passes  probability",
        "holdout  everything   0.243035173  5% .. 100%          95%",
        "layer    page         0.994169990   0% .. 60%          60%  outside: stopped here",
      ]
    `);
    const drawn = await decide('hero', '--unit', 'u-3', '--data', data);
    expect(drawn.decision).toMatchObject({ reason: 'split', outer: 0.456 }); // .95 x .6 x .8
    expect(drawn.stages.map(({ stage, passed }: { stage: string; passed: boolean }) => [stage, passed])).toEqual([
      ['holdout', true],
      ['layer', true],
      ['traffic', true],
    ]);
    expect((await decide('button', '--unit', 'u-1', '--data', data)).stages).toEqual([]);
  });

  test('is logged with --log and not without', async () => {
    const before = decisions();
    await decide('button', '--unit', 'u-2', '--url', served.url);
    expect(decisions()).toBe(before);
    expect((await decide('button', '--unit', 'u-2', '--url', served.url, '--log')).logged).toBe(true);
    expect(decisions()).toBe(before + 1);
  });

  test.each([
    [['buton'], 1, 'NOT_SERVED: no experiment of this name is served, got buton, did you mean button?'],
    [['button', '--log'], 64, 'USAGE: the command cannot be read, got --log without --url'],
    [['button', '--url', 'localhost'], 64, 'USAGE: the command cannot be read, got --url localhost'],
    [['button', '--context', 'x'], 64, 'Write name=value.'],
    [['button', '--url', 'http://127.0.0.1:1'], 1, 'SERVER_UNREACHABLE: the server does not answer, got'],
  ])('refuses %j', async (args, code, message) => {
    const outcome = await cli(['decide', ...args, '--data', data]);
    expect(outcome.code).toBe(code);
    expect(outcome.err).toContain(message);
    expect(outcome.out).toBe('');
  });

  test.each([
    [{}, 'none for URL'],
    [{ ARMATURE_API_KEY: 'ak_wrong_0123456789' }, 'one that URL does not know'],
    [{ ARMATURE_API_KEY: 'ak_right_\n0123456789' }, 'an ARMATURE_API_KEY with a blank, a line end or nothing in it'],
  ])('says of a server with keys that %j is not among them', async (variables, got) => {
    const folders = { experiments: folderOf({ 'a.yaml': FILES }), data: folderOf() };
    const keyed = await serve({ ...folders, ...QUIET, apiKeys: ['ak_right_0123456789'] });
    const { code, out, err } = await cli(['decide', 'button', '--url', keyed.url], { variables });
    await keyed.stop();
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain(
      `KEY_REFUSED: the server wants another API key, got ${got.replace('URL', keyed.url)}, set ARMATURE_API_KEY to`,
    );
    expect(err).not.toContain('ak_');
  });

  test('asks for a unit where the experiment draws by unit', async () => {
    const { decision } = await decide('button', '--data', data);
    expect([decision.reason, decision.error]).toEqual(['default', 'UNIT_REQUIRED']);
  });
});

test('the race that is told is the one that the draw runs', () => {
  const billionths = fc.integer({ min: 0, max: 1e9 }).map((whole) => whole / 1e9);
  const weights = fc.array(billionths, { minLength: 2, maxLength: 6 });
  fc.assert(
    fc.property(fc.string(), fc.string(), weights, (salt, key, p) => {
      const arms = p.map((_, k) => `arm-${(7 * k) % 6}`);
      const race = drawScores(salt, arms, p, key);
      const best = race.reduce((found, { score }, k) => {
        return score !== null && score < (race[found]?.score ?? Number.POSITIVE_INFINITY) ? k : found;
      }, -1);
      expect(best).toBe(draw(prepareDraw('draw', salt, arms), p, key));
    }),
    { numRuns: 500 },
  );
});
