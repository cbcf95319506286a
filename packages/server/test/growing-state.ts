import { applyRecord, emptyState, type PartitionState, startJournal } from '@armature/analysis/fold';
import { decision, registry, reward, START, uuid } from '../../analysis/test/fold/records.js';

/** A state of which changes are noted, with decisions and their rewards folded one after the other. */
export function growing(from?: PartitionState) {
  const state = from ?? emptyState();
  if (from === undefined) startJournal(state);
  let made = state.offset / 2;
  return {
    state,
    grow(pairs: number): void {
      for (let n = 0; n < pairs; n += 1, made += 1) {
        const at = START + made;
        const experiment = made % 3 === 0 ? 'units' : 'requests';
        const period = experiment === 'units' ? { period: 0 } : {};
        const id = uuid(at, 2 * made);
        const data = { experiment, unit: `u${made % 50}`, ...period };
        applyRecord(state, { offset: state.offset, at, event: decision(id, at, data) }, registry);
        const about = { experiment, decision: id, metrics: { click: 1 } };
        const event = reward(made % 2 === 0 ? uuid(at, 2 * made + 1) : `order-${made}`, at, about);
        applyRecord(state, { offset: state.offset, at, event }, registry);
      }
    },
  };
}
