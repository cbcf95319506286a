import { describe, expect, test } from 'vitest';
import { type OffPolicyReport, type Report, renderHtml, renderJson, renderTerminal } from '../../src/index.js';
import { textWidth } from '../../src/render/text-width.js';
import { HEADLINE } from './headline-report.js';
import { tablesOf, tagsOf, textOf, unbalanced } from './page-reading.js';
import { SAMPLES } from './report-samples.js';

const ALL = Object.entries({ ...SAMPLES, literal: HEADLINE }) as readonly (readonly [
  string,
  Report | OffPolicyReport,
])[];

describe.each(ALL)('%s', (_, report) => {
  const page = renderHtml(report);

  test('is one whole page that asks nothing of anybody', () => {
    expect(page.startsWith('<!doctype html>\n<html lang="en">')).toBe(true);
    expect(page.endsWith('</html>\n')).toBe(true);
    expect(unbalanced(page)).toBeNull();
    expect(page).not.toMatch(/https?:|url\(|@import|<script|<link|<iframe|\ssrc=/);
  });

  test('has headers in its tables, titles and descriptions in its charts, and every id once', () => {
    for (const { name, text } of tagsOf(page)) if (name === 'th') expect(text).toMatch(/scope="(col|row)"/);
    for (const { caption, head, rows } of tablesOf(page)) {
      expect(caption).not.toBe('');
      for (const row of rows) expect(row).toHaveLength(head.length);
    }
    const ids = [...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, list = ''] of page.matchAll(/aria-labelledby="([^"]*)"/g))
      for (const id of list.split(' ')) expect(ids).toContain(id);
    for (const [chart] of page.matchAll(/<svg.*?<\/svg>/gs))
      expect(chart).toMatch(/role="img".*<title[^>]*>[^<]+<\/title><desc[^>]*>[^<]+<\/desc>/s);
  });

  test('shows no number that is none, in any rendering', () => {
    const texts = [page, renderTerminal(report, { color: false, width: 120 }), renderJson(report)];
    for (const text of texts) expect(text).not.toMatch(/NaN|Infinity|undefined|\[object/);
    expect(page).not.toMatch(/\bnull\b/);
    expect(texts[1]).not.toMatch(/\bnull\b/);
    for (const line of texts[1]!.split('\n')) expect(textWidth(line)).toBeLessThanOrEqual(120);
  });
});

describe('the charts of the literal report', () => {
  const page = renderHtml(HEADLINE);
  const chart = (id: string) => new RegExp(`<svg[^>]*aria-labelledby="[^"]*${id}-title.*?</svg>`, 's').exec(page)?.[0];

  test('shares fill the whole from 0 to 100 % in the colours of the legend', () => {
    const paths = [...chart('shares')!.matchAll(/<path d="M([\d.]+),([\d.]+)L.*?" fill="(#\w+)">/g)];
    expect(paths.map(([, x, y]) => [Number(x), Number(y)])).toEqual([
      // a quarter each at first: 228 is 0 %, 8 is 100 %
      [40, 173],
      [40, 118],
      [40, 63],
      [40, 8],
    ]);
    for (const [, , , color] of paths) expect(page).toContain(`<li><i style="background:${color}"></i>`);
  });

  test('shares say in words what they show', () => {
    expect(textOf(chart('shares')!)).toContain('a from 25.0% to 66.0%, b from 25.0% to 30.0%');
    expect(textOf(chart('reward')!)).toContain(
      'The policy brought 1,172 click; an even split is estimated to have brought 1,010 click.',
    );
  });

  test('reward and even split end where the report says, the interval of the even split beside them', () => {
    const line = (name: string) =>
      [...new RegExp(`class="${name}" d="([^"]*)"`).exec(chart('reward')!)![1]!.matchAll(/[ML]([\d.]+),([\d.]+)/g)].map(
        ([, , y]) => Number(y),
      );
    const [came, even] = [line('came'), line('even')];
    // 0 stands at 228 and 1,172 at 8
    expect([came[0], came.at(-1)]).toEqual([228, 8]);
    expect(even.at(-1)).toBeCloseTo(228 - (220 * 1010.3) / 1172, 2);
    const [, low, high] = /class="whisker" d="M[\d.]+,([\d.]+)H[\d.]+M[\d.]+,[\d.]+V([\d.]+)/.exec(chart('reward')!)!;
    expect(Number(low)).toBeCloseTo(228 - (220 * (1172 - 259.7)) / 1172, 1);
    expect(Number(high)).toBeCloseTo(228 - (220 * (1172 - 63.7)) / 1172, 1);
  });

  test('the forest draws both intervals around the point, on the scale of its zero line', () => {
    const svg = chart('forest')!;
    const zero = Number(/class="zero" x1="([\d.]+)"/.exec(svg)![1]);
    const points = [...svg.matchAll(/class="dot" cx="([\d.]+)"/g)].map(([, x]) => Number(x));
    const thick = [...svg.matchAll(/class="thick" x1="([\d.]+)" x2="([\d.]+)"/g)].map(([, a, b]) => [
      Number(a),
      Number(b),
    ]);
    const perUnit = (points[0]! - zero) / 0.0096;
    expect(points[1]).toBeCloseTo(zero + 0.0085 * perUnit, 0);
    expect(points[2]).toBeCloseTo(zero + 0.0018 * perUnit, 0);
    expect(thick[2]![0]).toBeCloseTo(zero + (0.0018 - 0.0086) * perUnit, 0);
    expect(thick[2]![1]).toBeCloseTo(zero + (0.0018 + 0.0086) * perUnit, 0);
    // c has no anytime interval yet
    expect([...svg.matchAll(/class="thin"/g)]).toHaveLength(2);
    expect(svg).toContain('<title>c against d: +0.18 pt, one look -0.68 .. +1.04</title>');
  });

  test('an effect told apart from zero is marked as better or worse by the direction of its metric', () => {
    const [metric] = HEADLINE.metrics;
    const bounds = { status: 'ok' as const, reason: null, low: 0.001, high: 0.002 };
    const contrasts = metric!.contrasts.map((row) => ({ ...row, anytime: { ...row.anytime, ...bounds } }));
    const marked = (better: 'higher' | 'lower') =>
      renderHtml({ ...HEADLINE, metrics: [{ ...metric!, better, contrasts }] }).match(
        /<g class="(plain|better|worse)">/g,
      );
    expect(marked('higher')).toEqual(Array(3).fill('<g class="better">'));
    expect(marked('lower')).toEqual(Array(3).fill('<g class="worse">'));
  });
});

test('before anything closed there is no chart of reward, and the reader is told when to come back', () => {
  const page = renderHtml(SAMPLES.openOnly);
  expect(textOf(page)).toContain('No trial has closed yet: 400 trials open, the first closes 14:05.');
  expect(page).not.toContain('Cumulative');
  expect(renderTerminal(SAMPLES.openOnly, { color: false, width: 80 })).toContain('400 trials open');
});

test('no report at all is a page that says so', () => {
  expect(textOf(renderHtml([]))).toContain('There is no experiment to report on.');
});
