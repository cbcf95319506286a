import type { DecisionRecord } from './decision.js';
import { type DecisionData, type DecisionEvent, EVENT_TYPES } from './protocol/event.js';

let lastTime = Number.NaN;
let lastText = '';

/** RFC 3339 in UTC; a time no date can hold becomes the epoch. Remembers the last one: events of a batch share many. */
export function rfc3339(time: number): string {
  if (time === lastTime) return lastText;
  lastText = new Date(Math.abs(time) <= 8.64e15 ? time : 0).toISOString();
  lastTime = time;
  return lastText;
}

/**
 * Whether a decision belongs in the log: not where no snapshot defines it, and not where its experiment is assigned by
 * unit and the caller named none.
 */
export function isLogged(decision: DecisionRecord, byUnit: boolean): boolean {
  return decision.reason !== 'default' && decision.definition !== '' && !(byUnit && decision.unit === undefined);
}

/** What every decision event says, and nothing else. */
type PlainData = Pick<DecisionData, 'experiment' | 'definition' | 'arm' | 'propensity' | 'snapshot' | 'reason'>;
type OptionalData = { -readonly [Key in Exclude<keyof DecisionData, keyof PlainData>]?: DecisionData[Key] };

/**
 * The event of a decision. Made when the outbox is flushed, not when it is decided.
 *
 * @param lost decisions lost since the last one that was kept
 */
export function decisionEvent(decision: DecisionRecord, source: string, lost: number): DecisionEvent {
  const { unit, requestId, rule, period, outer } = decision;
  // Properties are added rather than spread: events are made by the thousand, and a spread costs as much as the rest.
  const data: PlainData & OptionalData = {
    experiment: decision.experiment,
    definition: decision.definition,
    arm: decision.arm,
    propensity: decision.propensity,
    snapshot: decision.snapshot,
    reason: decision.reason,
  };
  if (unit !== undefined) data.unit = unit;
  if (requestId !== undefined) data.request = requestId;
  if (period !== undefined) data.period = period;
  if (rule !== undefined && rule !== 'policy') data.rule = rule;
  if (outer !== undefined) data.outer = outer;
  if (!decision.exposed) data.exposed = false;
  if (lost > 0) data.dropped = lost;
  return {
    specversion: '1.0',
    type: EVENT_TYPES.decision,
    source,
    id: decision.id,
    time: rfc3339(decision.time),
    data,
  };
}
