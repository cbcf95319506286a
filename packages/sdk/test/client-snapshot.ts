import type { Snapshot } from '../src/protocol/snapshot.js';

export const definition = `sha256:${'ab'.repeat(32)}`;
/** A snapshot with a request-assigned bandit and a unit-assigned split with periods. */
export const snapshot: Snapshot = {
  schema: 1,
  version: '7.42',
  hash: definition,
  issued: '2026-11-23T05:26:42.123Z',
  experiments: {
    reader: {
      version: '7.31',
      hash: 1,
      salt: 'reader',
      definition,
      assign: 'request',
      status: 'running',
      control: 'small',
      arms: ['large', 'small'],
      values: [{ url: 'l' }, { url: 's' }],
      reward: 'correct',
      rules: [
        { id: 'qa', if: [{ attribute: 'qa', op: 'is', value: true }], weights: [1, 0], randomised: false },
        { id: 'policy', weights: [0.25, 0.75] },
      ],
    },
    layout: {
      version: '7.2',
      period: 20_563,
      hash: 1,
      salt: 'layout',
      definition,
      assign: 'unit',
      status: 'running',
      control: 'a',
      arms: ['a', 'b'],
      rules: [{ id: 'policy', weights: [0.5, 0.5] }],
    },
  },
};
