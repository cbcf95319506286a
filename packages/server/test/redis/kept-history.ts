import {
  applyRecord,
  emptyState,
  type PartitionState,
  restoreState,
  startJournal,
  stateDigest,
  takeChanges,
} from '@armature/analysis/fold';
import type { LogEvent } from '@armature/sdk/protocol';
import { expect } from 'vitest';
import { decision, registry, reward, START, tick, uuid } from '../../../analysis/test/fold/records.js';
import { systemClock } from '../../src/adapters/clock.js';
import { silent } from '../../src/adapters/loggers.js';
import { openSharedState } from '../../src/adapters/redis/shared-state.js';
import type { Commit, SharedState } from '../../src/cluster/ports.js';
import type { Logger } from '../../src/ports.js';

/** A state of which changes are noted, into which decisions and their rewards are folded one after the other. */
export interface Growing {
  readonly state: PartitionState;
  /** Folds so many decisions and as many rewards. */
  grow(pairs: number): void;
  /** Folds the ticks of so many minutes, in which windows close and buckets go. */
  pass(minutes: number): void;
  /** What changed since the last call, as it is committed. */
  commit(): Commit;
}

/** @param begun a state that was loaded; a new one if not given */
export function growing(begun?: PartitionState): Growing {
  const state = begun ?? emptyState();
  if (begun === undefined) startJournal(state);
  let made = state.offset;
  let now = Math.max(START, state.watermark);
  const apply = (event: LogEvent): void => {
    applyRecord(state, { offset: state.offset, at: now, event }, registry);
    made += 1;
  };
  return {
    state,
    grow(pairs) {
      for (let n = 0; n < pairs; n += 1) {
        now += 1;
        const experiment = made % 3 === 0 ? 'units' : 'requests';
        const period = experiment === 'units' ? { period: 0 } : {};
        const id = uuid(now, made);
        apply(decision(id, now, { experiment, unit: `u${made % 50}`, ...period }));
        const about = { experiment, decision: id, metrics: { click: 1 } };
        apply(reward(made % 4 === 1 ? uuid(now, made) : `order-${made}`, now, about));
      }
    },
    pass(minutes) {
      for (let left = minutes; left > 0; left -= 10) {
        now += Math.min(10, left) * 60_000;
        apply(tick(made, now));
      }
    },
    commit: () => ({
      log: 'log-1',
      offset: state.offset,
      anchor: `anchor-${state.offset}`,
      changes: takeChanges(state),
      totals: `{"at":${state.offset}}`,
    }),
  };
}

/** Opens the shared state as a server does. */
export const openAt = (url: string, logger: Logger = silent, prefix = 'test'): Promise<SharedState> =>
  openSharedState({ url, prefix }, { logger, clock: systemClock() });

/** The digest of the state as somebody else loads it; undefined where there is none. */
export async function loadedDigest(shared: SharedState, partition = 0): Promise<string | undefined> {
  const loaded = await shared.load(partition);
  return loaded && stateDigest(restoreState(loaded.state, registry));
}

/** The state that somebody loads, to be gone on with, and its revision. */
export async function takenOver(shared: SharedState, partition = 0) {
  const loaded = await shared.load(partition);
  if (loaded === undefined) throw new Error(`partition ${partition} has no state`);
  return { ...growing(restoreState(loaded.state, registry)), revision: loaded.revision };
}

/** Asks again until there is an answer: gives a commit until its fate is known, as an owner does. */
export async function insist<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  for (let attempt = 0; attempt < 400; attempt += 1) {
    try {
      return await ask();
    } catch (cause) {
      expect(cause).toMatchObject({ code: 'STATE_UNAVAILABLE', retryable: true });
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
  throw new Error('the connection did not come back');
}
