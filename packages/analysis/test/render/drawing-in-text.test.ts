import { describe, expect, test } from 'vitest';
import { axisTicks } from '../../src/render/axis-ticks.js';
import { coveredMs, durationText, spanText } from '../../src/render/duration-text.js';
import { forestBars } from '../../src/render/forest-bars.js';
import type { ForestRow } from '../../src/render/forest-view.js';
import {
  amountScale,
  countText,
  differenceText,
  meanText,
  probabilityText,
  pText,
  scaleFor,
} from '../../src/render/number-scale.js';
import { sparkline, thinOut } from '../../src/render/sparkline.js';
import { tickText } from '../../src/render/svg/time-axis.js';
import { cutText, padText, textWidth, wrapText } from '../../src/render/text-width.js';

describe('numbers', () => {
  test.each([
    ['half-width 0.195 points', true, [{ low: 0.0241, high: 0.028 }], 0.0261, '2.61%'],
    ['half-width 3.5 points', true, [{ low: 0.01, high: 0.08 }], 0.04512, '4.5%'],
    ['half-width 35', false, [{ low: 1200, high: 1270 }], 1234.5, '1,235'],
    ['half-width 0.0002', false, [{ low: 0.0001, high: 0.0005 }], 0.000312, '0.00031'],
    ['no interval, three digits', false, [], 12.345, '12.3'],
    ['no interval and no value', false, [], 0, '0'],
    ['very large', false, [], 1.5e15, '1.50e+15'],
  ])('%s', (_, percent, intervals, value, text) => {
    expect(meanText(scaleFor(percent, intervals, [value]), value)).toBe(text);
  });

  test('zero has no sign, however it was rounded', () => {
    const scale = { percent: true, decimals: 2 };
    expect([0.00001, -0.00001, -0].map((value) => differenceText(scale, value))).toEqual([
      '0.00 pt',
      '0.00 pt',
      '0.00 pt',
    ]);
    expect(countText(-0.4)).toBe('0');
  });

  test('certainty is never claimed by rounding', () => {
    expect([1e-9, 0.0006, 0.5, 0.9999, 1, 0].map(probabilityText)).toEqual([
      '< 0.1%',
      '0.1%',
      '50.0%',
      '> 99.9%',
      '100.0%',
      '0.0%',
    ]);
    expect([0, 1e-300, 0.00123, 0.0456].map(pText)).toEqual(['< 0.0001', '< 0.0001', '0.0012', '0.046']);
  });

  test('clicks are whole, money has three digits', () => {
    expect(amountScale({ type: 'binary', arms: [{ total: 3 }] }).decimals).toBe(0);
    expect(amountScale({ type: 'real', arms: [{ total: 1.234 }] }).decimals).toBe(2);
    expect(amountScale({ type: 'real', arms: [{ total: 98_765 }] }).decimals).toBe(0);
  });
});

describe('bars', () => {
  const row = (value: number | null, thin: ForestRow['thin'], thick: ForestRow['thick']): ForestRow => ({
    label: 'a',
    value,
    thin,
    thick,
    tone: 'plain',
    text: '',
  });

  test('thin and thick intervals, the point, and the line of zero where the axis has it', () => {
    const rows = [
      row(1, { low: -1, high: 3 }, { low: 0, high: 2 }),
      row(2, null, { low: 1, high: 3 }),
      row(null, null, null),
    ];
    const { axis, bars } = forestBars({ rows, reference: 0, domain: [-1, 3] }, 17, false);
    expect(bars).toEqual(['────┿━━━●━━━━────', '    │   ━━━━●━━━━', '    │']);
    expect(axis).toBe('    0       +2');
    expect(axis.indexOf('0')).toBe(bars[2]!.indexOf('│'));
  });

  test('an interval that excludes zero never touches its line, however narrow the drawing', () => {
    const rows = [
      row(0.2, { low: 0.01, high: 0.4 }, null),
      row(-0.2, null, { low: -0.4, high: -0.01 }),
      row(0.1, { low: -0.01, high: 3 }, null),
    ];
    const { bars } = forestBars({ rows, reference: 0, domain: [-3, 3] }, 13, false);
    expect(bars).toEqual(['      │●', '     ●│', '     ─┼●─────']);
  });

  test('ticks have the digits that their step needs', () => {
    expect(axisTicks([-0.004, 0.004], 4, { percent: true, signed: true }).map(({ text }) => text)).toEqual([
      '-0.4',
      '-0.2',
      '0.0',
      '+0.2',
      '+0.4',
    ]);
    expect(axisTicks([0, 5000], 3).map(({ text }) => text)).toEqual(['0', '2,000', '4,000']);
    expect(axisTicks([1, 1], 4).map(({ value }) => value)).toEqual([1]);
  });

  test('sparklines share one scale, gaps stay gaps', () => {
    expect(sparkline([0, 0.2, 0.4, null, 0.8, 2], 0.8)).toBe('▁▃▅ ██');
    expect(sparkline([0, 0], 0)).toBe('▁▁');
    expect(thinOut([1, 2, 3, 4, 5, 6], 3)).toEqual([1.5, 3.5, 5.5]);
    expect(thinOut([null, null, 4], 1)).toEqual([4]);
  });
});

describe('words', () => {
  test('wide characters count two columns, combining marks none', () => {
    expect(['日本', 'e\u0301', '👩‍👩‍👧', '…'].map(textWidth)).toEqual([4, 1, 2, 1]);
    expect(cutText('日本語', 4)).toBe('日…');
    expect(padText('日本', 6)).toBe('日本  ');
    expect(wrapText('日本 語のテスト', 5)).toEqual(['日本', '語の', 'テス', 'ト']);
  });

  test.each([
    [500, '500 ms'],
    [65_000, '65 s'],
    [150_000, '2 min 30 s'],
    [3_599_999, '60 min'],
    [86_400_000, '1 d'],
    [31 * 86_400_000, '31 d'],
  ])('%i ms is %s', (ms, text) => expect(durationText(ms)).toBe(text));

  test('a span names its day once, and a series covers its last bucket too', () => {
    expect(spanText('2026-11-23T05:00:00Z', '2026-11-23T06:00:30Z')).toBe('2026-11-23 05:00 .. 06:00:30 UTC');
    expect(spanText('2026-11-23T05:00:00Z', '2026-11-24T05:00:00Z')).toBe('2026-11-23 05:00 .. 2026-11-24 05:00 UTC');
    expect(coveredMs({ times: ['2026-11-23T05:00:00Z', '2026-11-23T05:01:00Z'] })).toBe(120_000);
    expect(coveredMs({ times: ['2026-11-23T05:00:00Z'] })).toBeNull();
  });

  test.each([
    ['2026-11-23T05:00:00Z', 3_600_000, '05:00'],
    ['2026-11-23T00:00:00Z', 3_600_000, '23 Nov'],
    ['2026-11-23T12:00:00Z', 2 * 86_400_000, '23 Nov'],
    ['2026-11-01T00:00:00Z', 30 * 86_400_000, 'Nov 2026'],
    ['2026-11-23T05:00:15Z', 15_000, '05:00:15'],
    ['2026-11-23T05:00:15.250Z', 50, '15.250'],
  ])('the tick %s at a step of %i ms is %s', (time, step, text) => expect(tickText(new Date(time), step)).toBe(text));
});
