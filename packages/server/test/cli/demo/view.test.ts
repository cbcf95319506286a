import pc from 'picocolors';
import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import { bar, renderMoment } from '../../../src/cli/demo/view.js';

const cell = (rewarded: number, trials: number) => ({
  opened: trials,
  metrics: { click: { trials, rewarded, mean: rewarded === 0 ? 0 : 1, m2: 0 } },
});
const moment = {
  url: 'http://127.0.0.1:41234',
  version: {
    experiment: 'headline',
    version: '1.117',
    definition: 'sha256:0',
    arms: ['a', 'b', 'c', 'd'],
    rules: { policy: [0.94, 0.02, 0.02, 0.02] },
    means: {},
    asOf: {},
  },
  statistics: [
    {
      experiment: 'headline',
      version: '1.1',
      rule: 'policy',
      bucket: 0,
      arms: [cell(956, 37_327), cell(106, 5080), cell(36, 2289), cell(61, 3304)],
    },
  ],
  total: 48_000,
  elapsedMs: 61_000,
};

test.each([60, 72, 80, 100, 110, 200])('no line of the live view is wider than a terminal of %i columns', (width) => {
  for (const line of renderMoment(moment, pc.createColors(false), width))
    expect(stringWidth(line), line).toBeLessThanOrEqual(width);
});

test('the live view gives shares, counts and a belief for each arm', () => {
  const lines = renderMoment(moment, pc.createColors(false), 110);
  expect(lines[1]).toContain('48,000 of 48,000 visitors');
  expect(lines[4]).toMatch(/^ a {4}█+.* {2}94% +956 \/ 37,327 {3}·+[▁-█]+·+ {3} +\d+%$/);
  expect(lines).toHaveLength(8);
});

test('a bar has the width it is given, whatever its share', () => {
  expect([0, 0.5, 1, 2].map((share) => bar(share, 4))).toEqual(['    ', '██  ', '████', '████']);
});
