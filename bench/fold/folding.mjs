import { applyRecord, createRegistry, writeMany } from '@armature/analysis/fold';
import { readConfig } from '@armature/analysis/log';
import { EVENT_TYPES } from '@armature/sdk/protocol';

/** Decisions of the benches' experiment, folded one after the other. */
const MS_APART = 3;
const START = Date.UTC(2026, 10, 23, 5);

/** A UUIDv7 with bits that are no counter's. */
function uuid(ms, n) {
  const time = ms.toString(16).padStart(12, '0');
  const hex = (seed, digits) => (Math.imul(n ^ seed, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0').slice(-digits);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(1, 3)}-9${hex(2, 3)}-${hex(3, 4)}${hex(4, 8)}`;
}

/** Folds decisions one after the other, and ticks. */
export function folding(registry, state) {
  const [version] = registry.versions('reader');
  const { definition, arms, rules } = version;
  const [propensity] = rules.policy;
  const data = {
    experiment: 'reader',
    definition,
    arm: arms[0],
    propensity,
    snapshot: version.version,
    reason: 'split',
  };
  let at = START;
  let made = 0;
  const fold = (event) => applyRecord(state, { offset: state.offset, at, event }, registry);
  const envelope = (type, id) => ({ specversion: '1.0', type, source: '/bench', id, time: new Date(at).toISOString() });
  return {
    decide(count) {
      for (let n = 0; n < count; n++, made++) {
        at += MS_APART;
        fold({ ...envelope(EVENT_TYPES.decision, uuid(at, made)), data: { ...data, unit: `u-${made}` } });
        if (n % 500 === 499) writeMany(state);
      }
    },
    pass(ms) {
      for (const end = at + ms; at < end; ) {
        at = Math.min(end, at + 300_000);
        fold({ ...envelope(EVENT_TYPES.tick, `tick-${at}`), data: {} });
      }
    },
  };
}

/** What the config log of a directory says. */
export async function registryOf(directory) {
  const registry = createRegistry();
  for await (const group of readConfig(directory)) for (const { event } of group) registry.applyConfig(event);
  return registry;
}
