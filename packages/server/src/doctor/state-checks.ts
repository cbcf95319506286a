import type { StateMark, TopicEnds } from '../cluster/ports.js';
import { type Check, fault, number, ok, plural, warning } from './check.js';

const PART = 'state';

/** The log as its config topic names it. */
export interface LogName {
  readonly id: string;
  readonly partitions: number;
}

const rebuild = (partition: number): string => `armature rebuild --partition ${partition} --switch`;

function faultOf(log: LogName, partition: number, mark: StateMark, { low, high }: TopicEnds): Check | undefined {
  const text = `partition ${partition}: the state stands at ${number(mark.offset)}`;
  if (mark.log !== log.id) {
    const other = `partition ${partition}: the state is of log ${mark.log}, the topics hold ${log.id}`;
    return fault(PART, other, rebuild(partition), 'LOG_MISMATCH');
  }
  if (mark.offset > high) {
    const lost = `${text}, ahead of the log, which ends at ${number(high)}: the topic lost records or was made anew`;
    return fault(PART, lost, rebuild(partition), 'LOG_MISMATCH');
  }
  if (mark.offset >= low) return undefined;
  const hole = `${text}, and the log begins at ${number(low)}: ${plural(low - mark.offset, 'record')} between them are lost`;
  return fault(
    PART,
    hole,
    '# restore Redis from a copy that is newer, or start a log with another ARMATURE_PREFIX',
    'DATA_HOLE',
  );
}

/**
 * Holds the state of each partition against the topic.
 *
 * @param marks by partition; undefined where there is no state
 * @param ends by partition
 */
export function stateChecks(
  log: LogName,
  marks: readonly (StateMark | undefined)[],
  ends: ReadonlyMap<number, TopicEnds>,
): readonly Check[] {
  const faults: Check[] = [];
  const none: number[] = [];
  let behind = 0;
  for (let partition = 0; partition < log.partitions; partition += 1) {
    const [mark, end] = [marks[partition], ends.get(partition)];
    if (end === undefined) continue;
    const found = mark === undefined ? undefined : faultOf(log, partition, mark, end);
    if (found !== undefined) faults.push(found);
    else if (mark !== undefined) behind += end.high - mark.offset;
    else if (end.high > 0) none.push(partition);
  }
  const kept = log.partitions - none.length - faults.length;
  const good = ok(
    PART,
    `${kept} of ${plural(log.partitions, 'partition')} in place, ${plural(behind, 'record')} behind the log`,
  );
  const absent = `no state of partition ${none.join(', ')}, which have records: their owner makes it from checkpoint and log`;
  const missing = none.length === 0 ? [] : [warning(PART, absent, 'armature serve')];
  return [...(kept > 0 ? [good] : []), ...missing, ...faults];
}
