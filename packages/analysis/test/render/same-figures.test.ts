import { describe, expect, test } from 'vitest';
import { type Interval, type Report, renderHtml, renderJson, renderTerminal } from '../../src/index.js';
import { HEADLINE } from './headline-report.js';
import { tablesOf } from './page-reading.js';
import { early, imported, learned, split } from './report-samples.js';

/** Wide enough that no column has to leave. */
const WIDE = 400;

/** The cells of the terminal's table that starts with this head, without the marks of footnotes. */
function terminalRows(text: string, head: string, count: number): readonly (readonly string[])[] {
  const lines = text.split('\n');
  const at = lines.findIndex((line) => line.trimStart().startsWith(head));
  expect(at, head).toBeGreaterThanOrEqual(0);
  return lines.slice(at + 1, at + 1 + count).map((line) =>
    line
      .trim()
      .split(/ {2,}/)
      .map((cell) => cell.replace(/^–[⁰¹²³⁴⁵⁶⁷⁸⁹]+$/, '–')),
  );
}

const grouped = (value: number, digits: number): string => {
  const [whole = '', rest] = Math.abs(value).toFixed(digits).split('.');
  const text = whole.replaceAll(/\B(?=(\d{3})+$)/g, ',') + (rest === undefined ? '' : `.${rest}`);
  return value < 0 && /[1-9]/.test(text) ? `-${text}` : text;
};
const signed = (value: number, digits: number): string => {
  const text = grouped(value, digits);
  return value > 0 && /[1-9]/.test(text) ? `+${text}` : text;
};
const range = ({ low, high }: Interval, write: (value: number) => string): string =>
  low === null || high === null ? '–' : `${write(low)} .. ${write(high)}`;

/** Digits after the point of a table's numbers, read from the first. */
const digitsOf = (cell: string): number => (/\.(\d+)/.exec(cell)?.[1] ?? '').length;

describe.each([
  ['the literal one', HEADLINE],
  ['moving weights', learned],
  ['a fixed split', split],
  ['few draws', early],
])('%s: one report, three renderings', (_, report) => {
  const parsed = JSON.parse(renderJson(report)) as Report & { kind: string };
  const terminal = renderTerminal(report, { color: false, width: WIDE });
  const [arms, contrasts, regret] = tablesOf(renderHtml(report));
  const [metric] = parsed.metrics;

  test('JSON has every double as it is', () => {
    expect(parsed).toEqual({ kind: 'experiment', ...report });
  });

  test('the table of arms is that of the JSON, on the page and in the terminal', () => {
    const digits = digitsOf(arms!.rows[0]![6]!);
    const percent = (value: number) => grouped(100 * value, digits);
    const expected = metric!.arms.map((arm) => [
      arm.control ? `${arm.arm} control` : arm.arm,
      grouped(arm.decisions, 0),
      `${grouped(100 * arm.share!, 1)}%`,
      `${grouped(100 * arm.now!, 0)}%`,
      grouped(arm.trials, 0),
      grouped(arm.total, 0),
      `${percent(arm.mean.value!)}%`,
      range(arm.anytime, percent),
      range(arm.oneLook, percent),
      grouped(Math.round(arm.effectiveN!), 0),
      arm.probabilityBest! < 0.0005 ? '< 0.1%' : `${grouped(100 * arm.probabilityBest!, 1)}%`,
    ]);
    expect(digits).toBeGreaterThan(0);
    expect(arms!.rows).toEqual(expected);
    expect(terminalRows(terminal, 'arm  ', expected.length)).toEqual(expected);
  });

  test('so are the contrasts', () => {
    const digits = digitsOf(contrasts!.rows[0]![1]!);
    const points = (value: number) => signed(100 * value, digits);
    const expected = metric!.contrasts.map(({ arm, difference, anytime, oneLook, p, relative }) => [
      arm,
      `${points(difference.value!)} pt`,
      range(anytime, points),
      range(oneLook, points),
      p! < 0.0001 ? '< 0.0001' : p!.toFixed(p! < 0.01 ? 4 : 3),
      relative.value === null ? '–' : `${signed(100 * relative.value, 0)}%`,
    ]);
    const head = `against ${metric!.contrasts[0]!.against}`;
    expect(contrasts!.rows.map((row) => row.slice(0, 6))).toEqual(expected);
    expect(terminalRows(terminal, head, expected.length).map((row) => row.slice(0, 6))).toEqual(expected);
  });

  test('so is what the policy was worth', () => {
    const { total, evenSplit, regret: lost, maximum } = metric!.worth;
    const whole = (value: number) => signed(value, 0);
    const { reason } = maximum.simultaneous;
    const bounds = (interval: Interval) => (reason === null ? ` (${range(interval, whole)})` : '');
    const gained = reason === null ? `95% one look ${range(evenSplit.oneLook, whole)}` : `no interval: ${reason}`;
    const sentences = [
      `click ${grouped(total, 0)} in`,
      `an even split expects ${grouped(evenSplit.value.value!, 0)}: gain ${whole(evenSplit.gain.value!)} (${gained})`,
      `against the best of them ${whole(maximum.regret.value!)}${bounds(maximum.simultaneous)}`,
    ];
    const page = renderHtml(report);
    const flowing = terminal.replaceAll(/\s+/g, ' ');
    for (const sentence of sentences) {
      expect(page).toContain(sentence);
      expect(flowing).toContain(sentence);
    }
    expect(regret!.rows).toEqual(
      lost.map((row) => [row.arm, whole(row.regret.value!), range(row.simultaneous, whole), range(row.oneLook, whole)]),
    );
    for (const row of lost)
      expect(flowing).toContain(`${row.arm} ${whole(row.regret.value!)}${bounds(row.simultaneous)}`);
  });
});

test('several reports are a list in JSON and one page in HTML', () => {
  const list = JSON.parse(renderJson([learned, imported])) as readonly { kind: string }[];
  expect(list.map(({ kind }) => kind)).toEqual(['experiment', 'off-policy']);
  expect(list[1]).toEqual(imported);
  expect(renderHtml([learned, imported]).match(/<article /g)).toHaveLength(2);
  expect(JSON.parse(renderJson([]))).toEqual([]);
});

test('an imported log shows the same values in its three renderings', () => {
  const [policies, arms] = tablesOf(renderHtml(imported));
  const terminal = renderTerminal(imported, { color: false, width: WIDE });
  const digits = digitsOf(policies!.rows[0]![1]!);
  const percent = (value: number) => grouped(100 * value, digits);
  const expected = imported.policies.map(({ policy, value }) => [
    policy,
    value.ipw.value === null ? '–' : `${percent(value.ipw.value)}%`,
    range(value.ipwInterval, percent),
    value.snipw.value === null ? '–' : `${percent(value.snipw.value)}%`,
    range(value.snipwInterval, percent),
  ]);
  expect(policies!.rows.map((row) => row.slice(0, 5))).toEqual(expected);
  expect(terminalRows(terminal, 'policy ', expected.length).map((row) => row.slice(0, 5))).toEqual(expected);
  expect(terminalRows(terminal, 'arm  ', arms!.rows.length)).toEqual(arms!.rows);
  expect(arms!.rows.map(([arm]) => arm)).toEqual(['small', 'large', 'rare']);
  expect(terminal).toMatch(/not estimable: effective sample size \d/);
});
