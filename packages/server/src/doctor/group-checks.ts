import type { FoundGroup } from '../adapters/kafka/kafka-facts.js';
import type { TopicEnds } from '../cluster/ports.js';
import { type Check, number, ok, plural, warning } from './check.js';

const PART = 'group';
/** As many records as an owner folds between two commits. */
const LONG_LAG = 100_000;

/** Who consumes the events, and how far they have come. What is committed there is for people: nothing is read from it. */
export function groupChecks(
  { name, state, members, committed }: FoundGroup,
  ends: ReadonlyMap<number, TopicEnds>,
): readonly Check[] {
  const lags = [...ends].map(([partition, { low, high }]) => ({
    partition,
    lag: high - Math.max(low, committed.get(partition) ?? -1),
  }));
  const all = lags.reduce((sum, { lag }) => sum + Math.max(0, lag), 0);
  const each = lags.map(({ partition, lag }) => `${partition}: ${number(lag)}`).join(', ');
  const who = `${name}: ${plural(members, 'server')}, ${state}`;
  if (members === 0 && all === 0) return [ok(PART, `${name}: no server runs, and no record waits`)];
  if (members === 0) {
    return [warning(PART, `${who}: nobody folds, ${plural(all, 'record')} wait`, 'armature serve')];
  }
  const lag = `lag of ${plural(all, 'record')} (by partition: ${each})`;
  if (state !== 'Stable') {
    return [warning(PART, `${who}: partitions change hands; ${lag}`, '# look again in a minute')];
  }
  const text = `${who}; ${lag}`;
  if (lags.every((one) => one.lag < LONG_LAG)) return [ok(PART, text)];
  return [warning(PART, text, '# start more servers, up to one for each partition, or wait until they have caught up')];
}
