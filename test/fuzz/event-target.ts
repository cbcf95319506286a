import {
  EVENT_TYPES,
  parseConfigLogEvent,
  parseEvent,
  parseJsonStrict,
  parseLogEvent,
  partitionKey,
  type WireFault,
} from '@armature/sdk/protocol';
import { PROTOCOL_ERRORS } from '../../packages/sdk/src/errors.js';
import { decision, reward } from '../../packages/sdk/test/protocol/event-fixtures.js';
import { mustHold, type Target } from './target.js';

const hash = `sha256:${'0'.repeat(64)}`;
const envelope = { specversion: '1.0', source: '/server', id: 's-1', time: '2026-11-23T05:26:42.123Z' };
const CORPUS = [
  decision(),
  decision({ propensities: [0.812345678, 0.187654322], context: { country: 'NL', age: 3 }, period: 4, rule: 'qa' }),
  reward(1),
  reward(0.5, { decision: undefined, unit: 'u-1' }),
  { ...reward(1), data: { token: 'v1.open.e30.', metrics: { correct: 1 } } },
  { ...envelope, type: 'dev.armature.exposure.v1', data: { experiment: 'a', decision: 'd-1' } },
  { ...envelope, type: 'dev.armature.tick.v1', data: { start: true } },
  {
    ...{ ...envelope, type: 'dev.armature.snapshot.v1' },
    data: {
      experiment: 'a',
      version: '1.2',
      definition: hash,
      arms: ['x', 'y'],
      rules: { policy: [0.5, 0.5] },
      means: { m: [0, 1] },
      asOf: { 0: 7 },
    },
  },
].map((value) => JSON.stringify([value]));

const WORDS = [
  ...[
    '"specversion":"1.0"',
    '"type":',
    '"dev.armature.decision.v1"',
    '"dev.armature.reward.v1"',
    '"id":',
    '"time":',
    '"data":',
  ],
  ...[
    '"experiment":',
    '"arm":',
    '"propensity":',
    '"snapshot":',
    '"unit":',
    '"metrics":',
    '"token":',
    '"decision":',
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
  ],
  ...['"a"', '1', '0.5', '"7.42"', 'null', '"2026-02-30T25:61:61Z"', '"+275760-09-13T00:00:00.000Z"', hash],
];

const known = (faults: readonly WireFault[]): boolean =>
  faults.length > 0 && faults.length <= 32 && faults.every(({ code }) => Object.hasOwn(PROTOCOL_ERRORS, code));

/** A body of the HTTP door, and records of the log: an event with its key, or coded faults. */
export const event: Target = {
  name: 'event',
  corpus: CORPUS,
  words: WORDS,
  run(input) {
    const parsed = parseJsonStrict(input);
    if (!parsed.ok)
      return mustHold(Object.hasOwn(PROTOCOL_ERRORS, parsed.code) && parsed.detail !== '', 'a fault without a code');
    for (const item of Array.isArray(parsed.value) ? parsed.value : [parsed.value]) {
      for (const parse of [parseEvent, parseLogEvent, parseConfigLogEvent]) {
        const result = parse(item);
        if (!result.ok) mustHold(known(result.faults), `faults without a code: ${JSON.stringify(result.faults)}`);
      }
      const log = parseLogEvent(item);
      if (log.ok && log.event.type !== EVENT_TYPES.tick)
        mustHold(partitionKey(log.event).length > 0, 'an event without a key');
    }
  },
};
