import { describe, expect, test } from 'vitest';
import { type Interval, intervalOf, noInterval, type VerdictInput, verdictOf } from '../src/index.js';

const kind = { level: 0.95, guarantee: 'anytime', method: 'AsympCS' } as const;
const above: Interval = intervalOf(0.01, 0.03, kind);
const across: Interval = intervalOf(-0.01, 0.03, kind);
const input: VerdictInput = {
  health: 'ok',
  closed: 48_000,
  open: null,
  arms: [
    { arm: 'a', probability: 0.697 },
    { arm: 'b', probability: 0.299 },
    { arm: 'c', probability: 0.003 },
    { arm: 'd', probability: 0.001 },
  ],
  lead: [
    { arm: 'b', interval: across },
    { arm: 'c', interval: across },
    { arm: 'd', interval: across },
  ],
  pairs: [
    { arm: 'b', interval: across },
    { arm: 'c', interval: across },
    { arm: 'd', interval: across },
  ],
  better: 'higher',
  retired: [],
};

describe('the verdict', () => {
  test('names the leader and decides nothing while an interval crosses zero', () => {
    expect(verdictOf(input)).toEqual({
      status: 'not decided',
      leader: 'a',
      probability: 0.697,
      behind: [],
      retired: [],
      sentences: ['a leads: 70% likely best, b 30%.', 'Not decided.', 'c and d are unlikely to be best (each < 1%).'],
    });
  });

  test('calls an arm behind only where the anytime interval says so', () => {
    const pairs = [input.pairs[0]!, { arm: 'c', interval: above }, { arm: 'd', interval: above }];
    expect(verdictOf({ ...input, pairs }).behind).toEqual(['c', 'd']);
    expect(verdictOf({ ...input, pairs }).sentences.at(-1)).toBe(
      'c and d are behind a (anytime-valid, all comparisons together).',
    );
    expect(verdictOf({ ...input, lead: pairs }).sentences.at(-1)).not.toContain('behind');
  });

  test('decides when the leader is ahead of every other arm', () => {
    const lead = input.lead.map(({ arm }) => ({ arm, interval: above }));
    expect(verdictOf({ ...input, lead }).status).toBe('decided');
    expect(verdictOf({ ...input, lead, better: 'lower' }).status).toBe('not decided');
  });

  test('where less is better, ahead is below zero', () => {
    const lead = input.lead.map(({ arm }) => ({ arm, interval: intervalOf(-2, -1, kind) }));
    expect(verdictOf({ ...input, lead, better: 'lower' }).status).toBe('decided');
  });

  test('a near-certain posterior alone decides nothing', () => {
    const arms = [
      { arm: 'a', probability: 0.9999 },
      { arm: 'b', probability: 0.0001 },
    ];
    const reason = 'an arm has 12 of the 300 draws the anytime interval needs';
    const lead = [{ arm: 'b', interval: noInterval('insufficient', reason, kind) }];
    expect(verdictOf({ ...input, arms, lead }).sentences).toEqual([
      'a leads: > 99% likely best.',
      'Not decided.',
      'b is unlikely to be best (< 1%).',
      `b cannot be compared yet: ${reason}.`,
    ]);
  });

  test('a failed health check outranks everything, and no trial comes before it', () => {
    const lead = input.lead.map(({ arm }) => ({ arm, interval: above }));
    expect(verdictOf({ ...input, lead, health: 'failed' }).status).toBe('unhealthy');
    expect(verdictOf({ ...input, closed: 0, health: 'failed' }).status).toBe('none');
  });

  test('arms that are switched off are told apart and hold nothing up', () => {
    const lead = input.lead.slice(0, 2).map(({ arm }) => ({ arm, interval: above }));
    const arms = input.arms.map((row) => (row.arm === 'd' ? { ...row, probability: null } : row));
    const verdict = verdictOf({ ...input, arms, lead, retired: ['d'] });
    expect(verdict.status).toBe('decided');
    expect(verdict.sentences.at(-1)).toBe('d is switched off and takes no part.');
    expect(verdictOf({ ...input, retired: ['c', 'd'] }).sentences.at(-1)).toBe(
      'c and d are switched off and take no part.',
    );
  });

  test.each([
    [0.95, '95%'],
    [0.999, '99.9%'],
    [0.9, '90%'],
    [0.975, '97.5%'],
  ])('the level %d is told as %s', (level, text) => {
    const lead = input.lead.map(({ arm }) => ({ arm, interval: intervalOf(0.01, 0.03, { ...kind, level }) }));
    expect(verdictOf({ ...input, lead }).sentences[0]).toContain(`anytime-valid at ${text},`);
  });
});
