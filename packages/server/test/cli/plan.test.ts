import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openEngine } from '../../src/index.js';
import { cli, folderOf, type Setting } from './recorded-terminal.js';

const BUTTON = 'experiment: button\narms: { blue: { weight: 1 }, green: { weight: 1 } }\nreward: purchase\n';
const READER =
  'experiment: reader\narms: [small, large]\nassign: request\npolicy: thompson\nreward: { metric: ok, window: 10m }\n';
const NOON = Date.UTC(2026, 10, 24, 12);
const clock = { now: () => NOON, every: () => () => {}, after: () => () => {} };

/** A folder whose experiments `before` were served, with the files `after` in their place. */
async function served(before: string, after: string) {
  const folder = folderOf({ 'e/a.yaml': before });
  const [experiments, data] = [join(folder, 'e'), join(folder, 'data')];
  const engine = await openEngine({ experiments, data, watch: false, clock });
  await engine.close();
  writeFileSync(join(experiments, 'a.yaml'), after);
  const plan = (args: readonly string[] = [], setting: Setting = {}) =>
    cli(['plan', experiments, '--data', data, ...args], { now: NOON, ...setting });
  return { plan, experiments, data };
}

describe('plan', () => {
  test('says what changes, from what to what, what that does, and how many units move', async () => {
    const next = `${BUTTON.replace('green: { weight: 1 }', 'green: { weight: 3 }')}traffic: 50%\n---\n${READER.replace('10m', '20m')}`;
    const { plan } = await served(`${BUTTON}---\n${READER}`, next);
    const { out, err, code } = await plan();
    expect([err, code]).toEqual(['', 0]);
    // by hand: of the half that stays 1/4 goes to green; of the half that leaves, to blue, half was there
    expect(out).toBe(
      `button: changed, keeps the posterior, moves 37.5% of units
  key                now   then  effect
  arms.green.weight  1     3     safe
  traffic            100%  50%   safe
  weights  blue 50% -> 25%, green 50% -> 75%
  units    37.5% are served another arm
           50% take part no longer
           of those that stay 25% change arm
reader: changed, resets the posterior
  key            now  then  effect
  reward.window  10m  20m   resets the posterior
  units    no unit keeps an arm: each request is drawn anew, whatever changes
2 changed
`,
    );
  });

  test('tells what comes, goes, pauses and stays, and ends with 2 where it was asked to', async () => {
    const stays = 'experiment: stays\narms: [a, b]\n';
    const before = `${BUTTON}---\n${READER}---\n${stays}`;
    const { plan } = await served(before, `${BUTTON}status: paused\n---\n${stays}---\nexperiment: new\narms: [a, b]\n`);
    const { out, code } = await plan(['--detailed-exitcode']);
    expect(code).toBe(2);
    expect(out).toContain('button: paused, keeps the posterior, moves 50% of units\n');
    expect(out).toContain('new: created\n');
    expect(out).toContain('reader: removed, keeps the posterior\n');
    expect(out).toContain('clients serve the control that stands in their code\n');
    expect(out).toContain('stays: unchanged\n');
    expect(out).toMatch(/1 created, 1 paused, 1 removed, 1 unchanged\n$/);
  });

  test('ends with 0 where nothing changes, whatever else the file says', async () => {
    const { plan } = await served(BUTTON, `# a comment\n${BUTTON}`);
    expect(await plan(['--detailed-exitcode'])).toEqual({ out: 'button: unchanged\n1 unchanged\n', err: '', code: 0 });
  });

  test('prints the same as JSON', async () => {
    const { plan } = await served(BUTTON, `${BUTTON}salt: other\n`);
    const { ok, changes, experiments } = JSON.parse((await plan(['--json'])).out);
    expect([ok, changes]).toEqual([true, 1]);
    expect(experiments).toEqual([
      {
        experiment: 'button',
        change: 'changed',
        effect: 'resets-posterior',
        keys: [{ key: 'salt', from: 'button', to: 'other', effect: 'resets-posterior' }],
        weights: ['blue', 'green'].map((arm) => ({ arm, from: 0.5, to: 0.5 })),
        moves: { changed: 0.5, redrawn: 0.5, entering: 0, leaving: 0, by: 'none' },
        openTrials: 0,
        waitingRewards: 0,
        assign: { from: 'unit', to: 'unit' },
        periodic: false,
      },
    ]);
  });

  test('annotates for GitHub', async () => {
    const { plan } = await served(BUTTON, `${BUTTON}salt: other\n`);
    expect((await plan(['--format', 'github'])).out).toBe(
      '::warning title=button::changed, resets the posterior, moves 50%25 of units\n1 changed\n',
    );
  });

  test.each([
    ['EXPERIMENTS_INVALID', `${BUTTON}polcy: thompson\n`, /a\.yaml:4:1 polcy: unknown key, got "polcy", did you mean/],
    ['NOT_SUPPORTED_YET', `${BUTTON}adjust: period\n`, /button\.adjust: this version/],
  ])('refuses with %s what serve would refuse, and says that what is served stays', async (refusal, text, line) => {
    const { plan } = await served(BUTTON, text);
    const { out, code } = await plan();
    expect(code).toBe(1);
    expect(out).toMatch(line);
    expect(out).toMatch(new RegExp(`${refusal}: 1 fault in 1 of 1 file; what is served stays\n$`));
    const json = JSON.parse((await plan(['--json'])).out);
    expect(json).toMatchObject({ ok: false, code: refusal, faults: [{ path: expect.any(String) }] });
    expect((await plan(['--format', 'github'])).out).toMatch(/^::error .*title=[A-Z_]+::/);
  });

  test('wraps long lines and shortens long values to the width of the terminal', async () => {
    const long = `${BUTTON}description: ${'word '.repeat(40)}\nassign: sticky\naudience: [{ attribute: country, op: is, value: NL }]\n`;
    const { plan } = await served(BUTTON, long);
    const { out } = await plan();
    expect(Math.max(...out.split('\n').map((text) => text.length))).toBeLessThanOrEqual(100);
    expect(out).toContain('...');
    expect(out).toContain('whom it lets in or out hangs on their attributes');
  });

  test('reads a log without writing to its folder', async () => {
    const { plan, data } = await served(BUTTON, READER);
    const before = readdirSync(data, { recursive: true });
    await plan();
    expect(readdirSync(data, { recursive: true })).toEqual(before);
  });

  test('takes no folder for a fresh one where a folder was named', async () => {
    const folder = folderOf({ 'e/a.yaml': BUTTON });
    const { err, code } = await cli(['plan', join(folder, 'e'), '--data', join(folder, 'nowhere')]);
    expect(code).toBe(1);
    expect(err).toMatch(/^LOG_MISSING: /);
  });
});
