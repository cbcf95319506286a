export type Json = Record<string, unknown>;

export const hash = `sha256:${'0123456789abcdef'.repeat(4)}`;
export const envelope = { specversion: '1.0', source: '/sdk/9f3a2c', id: 'e-1', time: '2026-11-23T05:26:42.123Z' };
export const decision = (data: Json = {}, outer: Json = {}): Json => ({
  ...envelope,
  type: 'dev.armature.decision.v1',
  ...outer,
  data: {
    experiment: 'digit-reader',
    definition: hash,
    arm: 'small',
    propensity: 0.812345678,
    snapshot: '7.42',
    reason: 'split',
    unit: 'u-8f3a91c2',
    ...data,
  },
});
export const reward = (value: unknown, data: Json = {}): Json => ({
  ...envelope,
  type: 'dev.armature.reward.v1',
  data: { experiment: 'digit-reader', decision: 'd-1', metrics: { correct: value }, ...data },
});
