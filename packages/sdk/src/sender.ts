import type { Clock } from './clock.js';
import type { DecisionRecord } from './decision.js';
import { decisionEvent, isLogged } from './decision-event.js';
import type { ArmatureError, ErrorCode } from './errors.js';
import { Outbox, type OutboxItem, type OutboxOptions } from './outbox.js';
import type { OutboxCounts } from './outbox-counts.js';
import {
  type DecisionReference,
  exposureEvent,
  type Known,
  type Receipt,
  type RewardOptions,
  rewardEvent,
  type UnitReference,
} from './reward.js';
import type { OutgoingEvent, Transport } from './transport.js';

/** Turns decisions and rewards into events on their way. */
export interface Sender {
  /** Queues the event of a decision. False where the decision has none: reason `default`, no unit, offline. */
  log(decision: DecisionRecord, byUnit: boolean): boolean;
  reward(
    target: string | DecisionReference | UnitReference,
    value: unknown,
    options: RewardOptions,
    known: Known,
  ): Receipt;
  exposure(target: string | DecisionReference): Receipt;
  readonly counts: OutboxCounts;
  flush(): Promise<OutboxCounts>;
  close(deadlineMs: number): Promise<OutboxCounts>;
}

export interface SenderParts {
  /** Undefined for a client without a server. */
  readonly transport: Transport | undefined;
  readonly options: OutboxOptions | undefined;
  readonly clock: Clock;
  readonly random: () => number;
  readonly makeId: (now: number) => string;
  /** The CloudEvents source of this client. */
  readonly source: () => string;
  readonly onError: (error: ArmatureError) => void;
}

/** An event that was made when it was queued. */
interface Made extends OutboxItem {
  readonly event: OutgoingEvent;
}
/** A decision before which others were lost. */
interface AfterLoss extends OutboxItem {
  readonly decision: DecisionRecord;
  readonly lost: number;
}
type Item = DecisionRecord | Made | AfterLoss;

const NOTHING: OutboxCounts = {
  produced: 0,
  sent: 0,
  queued: 0,
  dropped: { full: 0, rejected: 0, expired: 0, closed: 0 },
};

function eventOf(item: Item, source: string): OutgoingEvent {
  if ('event' in item) return item.event;
  return 'lost' in item ? decisionEvent(item.decision, source, item.lost) : decisionEvent(item, source, 0);
}

/** Decisions lost with an item: the server knows those that it refused, but not what they were to tell. */
function lostWith(item: Item, why: 'rejected' | 'expired'): number {
  if ('event' in item) return 0;
  return (why === 'expired' ? 1 : 0) + ('lost' in item ? item.lost : 0);
}

export function sender(parts: SenderParts): Sender {
  const { transport, clock, source, makeId } = parts;
  const toEvent = (item: Item): OutgoingEvent => eventOf(item, source());
  /** Decisions that nobody was told of, since the last one that got in: the next one tells. */
  let lost = 0;
  const onDropped = (item: Item, why: 'rejected' | 'expired'): void => {
    lost += lostWith(item, why);
  };
  const outbox =
    transport === undefined
      ? undefined
      : new Outbox<Item>(
          { ...parts, send: (events, signal) => transport.send(events, signal), toEvent, onDropped },
          parts.options,
        );
  let closed = false;

  const failed = (error: ErrorCode): Receipt => ({ id: '', queued: false, error });
  const queue = (event: OutgoingEvent | ErrorCode, time: number): Receipt => {
    if (typeof event === 'string') return failed(event);
    if (outbox === undefined) return failed('OFFLINE');
    if (outbox.push({ time, event })) return { id: event.id, queued: true };
    return failed(closed ? 'CLIENT_CLOSED' : 'OUTBOX_FULL');
  };

  return {
    log(decision, byUnit) {
      if (outbox === undefined || !isLogged(decision, byUnit)) return false;
      const item = lost === 0 ? decision : { time: decision.time, decision, lost };
      if (outbox.push(item)) lost = 0;
      else lost += 1;
      return true;
    },
    reward(target, value, options, known) {
      const time = clock.now();
      return queue(
        rewardEvent(target, value, options, known, source(), time, () => makeId(time)),
        time,
      );
    },
    exposure(target) {
      const time = clock.now();
      return queue(
        exposureEvent(target, source(), time, () => makeId(time)),
        time,
      );
    },
    get counts() {
      return outbox?.counts ?? NOTHING;
    },
    flush: async () => outbox?.flush() ?? NOTHING,
    async close(deadlineMs) {
      closed = true;
      return outbox?.close(deadlineMs) ?? NOTHING;
    },
  };
}
