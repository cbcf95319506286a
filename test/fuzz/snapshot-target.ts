import { createClient, isArmatureError } from '@armature/sdk';
import { contentHash, parseSnapshot } from '@armature/sdk/protocol';
import { PROTOCOL_ERRORS } from '../../packages/sdk/src/errors.js';
import { mustHold, type Target } from './target.js';

const experiment = (more: object = {}) => ({
  ...{ version: '1.2', hash: 1, salt: 'reader', definition: `sha256:${'0'.repeat(64)}`, assign: 'request' },
  ...{
    status: 'running',
    control: 'small',
    arms: ['large', 'small'],
    rules: [{ id: 'policy', weights: [0.25, 0.75] }],
  },
  ...more,
});
const QA = { id: 'qa', if: [{ attribute: 'email', op: 'ends', value: '@a.nl' }], weights: [0, 1], randomised: false };
const CORPUS = [
  { reader: experiment() },
  { reader: experiment({ assign: 'unit', period: 3, values: [{ n: 1 }, null] }) },
  {
    reader: experiment({ rules: [QA, { id: 'policy', weights: [0.5, 0.5] }] }),
    other: experiment({ status: 'paused' }),
  },
].map((experiments) =>
  JSON.stringify({
    schema: 1,
    version: '1.2',
    hash: contentHash(experiments),
    issued: '2026-11-24T12:00:00.000Z',
    experiments,
  }),
);

const WORDS = [
  ...[
    '"schema":1',
    '"version":',
    '"1.3"',
    '"experiments":',
    '"reader":',
    '"arms":',
    '"rules":',
    '"weights":',
    '"if":',
    '"op":',
  ],
  ...[
    '"values":',
    '"period":',
    '"layer":',
    '"holdout":',
    '[0.5,0.5]',
    '[1,0]',
    '0.25',
    '1',
    '{',
    '}',
    '[',
    ']',
    ',',
    '"a"',
    'null',
    '"in"',
    '"exists"',
  ],
];

/** A snapshot, as the protocol reads it and as a client takes it: then decisions never throw, else SNAPSHOT_REFUSED. */
export const snapshot: Target = {
  name: 'snapshot',
  corpus: CORPUS,
  words: WORDS,
  run(input) {
    let value: unknown;
    try {
      value = JSON.parse(input.toString('utf8'));
    } catch {
      return;
    }
    const parsed = parseSnapshot(value);
    if (!parsed.ok) {
      const coded = parsed.faults.length > 0 && parsed.faults.every(({ code }) => Object.hasOwn(PROTOCOL_ERRORS, code));
      mustHold(coded, 'refused without a code');
    }
    let client: ReturnType<typeof createClient>;
    try {
      client = createClient({ bootstrap: value as never, logger: false });
    } catch (cause) {
      mustHold(isArmatureError(cause) && cause.code === 'SNAPSHOT_REFUSED', `not refused but ${String(cause)}`);
      return mustHold(!parsed.ok, 'the client refuses what the protocol takes');
    }
    const decision = client.decide('reader' as never, { unit: 'u-1', context: { email: 'x@a.nl' } });
    mustHold(decision.error !== 'DECISION_FAILED', 'a decision failed');
    mustHold(decision.propensity > 0 && decision.propensity <= 1, `a decision with propensity ${decision.propensity}`);
  },
};
