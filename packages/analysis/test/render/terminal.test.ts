import { describe, expect, test } from 'vitest';
import { type Report, renderTerminal } from '../../src/index.js';
import { textWidth } from '../../src/render/text-width.js';
import { HEADLINE } from './headline-report.js';

const NEXT = 'armature report .armature/demo --html report.html';
const print = (report: Report, width: number) => renderTerminal(report, { color: false, width, next: NEXT });
/** Built from its code, so that no control character stands in this file. */
const ANSI = new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g');

describe('the report of four headlines', () => {
  test.each([80, 110])('reads as agreed at %i columns', async (width) => {
    await expect(`${print(HEADLINE, width)}\n`).toMatchFileSnapshot(`../fixtures/headline-${width}.txt`);
  });

  test.each([60, 80, 100, 110, 140, 200])('has no line wider than %i columns', (width) => {
    for (const line of print(HEADLINE, width).split('\n')) expect(textWidth(line), line).toBeLessThanOrEqual(width);
  });

  test('has the same text in colour', () => {
    const coloured = renderTerminal(HEADLINE, { color: true, width: 110, next: NEXT });
    expect(coloured).not.toBe(print(HEADLINE, 110));
    expect(coloured.replaceAll(ANSI, '')).toBe(print(HEADLINE, 110));
  });

  test('names every missing number once, with its reason', () => {
    const text = print(HEADLINE, 140);
    expect(text).toContain('¹ not estimable: an arm has 287 of the 300 draws the anytime interval needs');
    expect(text).toContain('² not estimable: the mean of control is 0');
    expect(text).not.toContain('³');
  });
});

describe('what a reader must not miss', () => {
  test('a failed health check stands above every number, with what to do', () => {
    const checks = HEADLINE.health.checks.map((check) =>
      check.id === 'propensities'
        ? { ...check, status: 'failed' as const, label: 'propensities FAILED', text: 'look for stale weights' }
        : check,
    );
    const sentences = ['A health check failed: do not act on these numbers before its cause is found.'];
    const verdict = { ...HEADLINE.verdict, status: 'unhealthy' as const, sentences };
    const text = print({ ...HEADLINE, verdict, health: { ...HEADLINE.health, status: 'failed', checks } }, 100);
    const [numbers] = [text.indexOf('29,525')];
    expect(text.indexOf('do not act on these numbers')).toBeGreaterThan(0);
    expect(text.indexOf('do not act on these numbers')).toBeLessThan(numbers);
    expect(text.indexOf(' FAILED   propensities FAILED: look for stale weights')).toBeLessThan(numbers);
    expect(text).toContain(' FAILED   propensities FAILED: look for stale weights');
  });

  test('open trials, the period and what was left out are named', () => {
    const trials = { ...HEADLINE.trials, open: 128, text: '128 trials open, the first closes 05:02' };
    const exclusions = [
      { id: 'repeated', count: 7, text: '7 later decisions belong to a trial already opened' },
      { id: 'late', count: 2, text: '2 rewards came after their trial had closed' },
    ];
    const lines = print({ ...HEADLINE, trials, health: { ...HEADLINE.health, exclusions } }, 120).split('\n');
    expect(lines).toContain(' open     128 trials open, the first closes 05:02');
    expect(lines).toContain(' period   2026-11-23 05:00 .. 05:01 UTC; a trial is one request');
    expect(lines).toContain(
      ' left out 7 later decisions belong to a trial already opened; 2 rewards came after their trial had closed',
    );
  });

  test('without a command of the caller, the next one names the experiment, quoted for a shell where it must be', () => {
    const named = (id: string) =>
      renderTerminal({ ...HEADLINE, experiment: { ...HEADLINE.experiment, id } }, { color: false, width: 100 })
        .split('\n')
        .at(-1);
    expect(named('headline')).toBe(' next     armature report --experiment headline --html report.html');
    expect(named("it's; rm")).toBe(` next     armature report --experiment 'it'\\''s; rm' --html report.html`);
  });

  test('a health item that has nothing to say is left out behind the first five', () => {
    expect(print(HEADLINE, 120)).not.toContain('dropped');
    const checks = HEADLINE.health.checks.map((check) =>
      check.id === 'dropped' ? { ...check, count: 3, label: 'dropped 3' } : check,
    );
    expect(print({ ...HEADLINE, health: { ...HEADLINE.health, checks } }, 120)).toContain('· dropped 3');
  });

  test('of a hundred arms the twenty with most decisions are shown, control and leader among them', () => {
    const [metric] = HEADLINE.metrics;
    const [, , , control] = metric!.arms;
    const others = Array.from({ length: 99 }, (_, i) => ({
      ...metric!.arms[0]!,
      arm: `arm-${i + 1}`,
      decisions: 1000 - i,
      control: false,
    }));
    const arms = [...others, { ...control!, decisions: 0 }];
    const verdict = { ...HEADLINE.verdict, leader: 'arm-99' };
    const text = print({ ...HEADLINE, verdict, metrics: [{ ...metric!, arms, contrasts: [] }] }, 120);
    expect(text).toContain('and 80 more arms: see --json or --html');
    for (const shown of ['arm-1 ', 'arm-18 ', 'arm-99 ', 'd control']) expect(text).toContain(`\n ${shown}`);
    expect(text).not.toContain('arm-19 ');
  });
});
