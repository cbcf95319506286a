import type { Registry } from '@armature/analysis/fold';
import { isArmatureError, type SendResult } from '@armature/sdk';
import {
  type DecisionEvent,
  type ExposureEvent,
  idFault,
  type LogEvent,
  parseEvent,
  partitionKey,
  type RewardEvent,
} from '@armature/sdk/protocol';
import { serverError } from '../errors.js';
import type { KeyRing } from '../keys/key-ring.js';
import type { Clock } from '../ports.js';
import { checkEvent, type Judgement } from './check-event.js';
import type { Fault } from './fault.js';
import type { KnownExperiments } from './known-experiments.js';
import { partitionOf } from './partition-of.js';
import { isPlainEvent } from './plain-event.js';
import { redeemToken } from './redeem-token.js';

/** One item that was not taken. */
export interface IngestError {
  readonly index: number;
  readonly id: string;
  readonly code: string;
  readonly detail: string;
  readonly retryable: boolean;
  /** Where in the item, as a JSON pointer. */
  readonly pointer?: string;
}

/** What became of a batch: every index that is not in `errors` is durable, or was already. */
export interface IngestResult extends SendResult {
  readonly errors: readonly IngestError[];
}

/** Where events go. */
export interface IngestLog {
  /** Frozen number of partitions. */
  readonly partitions: number;
  /** Resolves once the events are durable in a partition. */
  append(partition: number, events: readonly LogEvent[]): Promise<void>;
  /** Log time as far as it is known here, ms since the epoch. */
  logTime(): number;
  /** What is wrong with an event in the partition that its key gives, as far as can be known here. */
  misplaced?(event: DecisionEvent | RewardEvent | ExposureEvent, partition: number): Fault | undefined;
  /** Reads what others may have written to the config log. Where there are no others it is not there. */
  catchUp?(): Promise<void>;
}

export interface IngestOptions {
  readonly log: IngestLog;
  readonly registry: Registry;
  readonly known: KnownExperiments;
  /** Tokens are verified with its keys of the moment. */
  readonly keys: Pick<KeyRing, 'tokenKeys'>;
  readonly clock: Clock;
  /** Events that may wait for the log at once. @default 200000 */
  readonly capacity?: number | undefined;
}

const CAPACITY = 200_000;

type Judged =
  | { readonly ok: true; readonly event: LogEvent; readonly partition: number }
  | { readonly ok: false; readonly fault: Fault };

/**
 * The door of the log: judges each item, appends those that are sound, and answers when their fate is known.
 *
 * @throws OVERLOADED before anything was taken; LOG_UNAVAILABLE, DISK_FULL or CLOSED when nothing could be
 *   appended; WRITE_UNCERTAIN when nobody knows whether it was
 */
export function createIngest(options: IngestOptions): (items: readonly unknown[]) => Promise<IngestResult> {
  const { log, clock, capacity = CAPACITY } = options;
  let waiting = 0;
  const take = async (items: readonly unknown[]): Promise<IngestResult> => {
    const { registry, known } = options;
    const by: Judgement = { registry, known, now: clock.now(), logTime: log.logTime() };
    const errors: IngestError[] = [];
    const events: LogEvent[][] = Array.from({ length: log.partitions }, () => []);
    const indices: number[][] = events.map(() => []);
    const fates = await judgeAll(items, by, options);
    fates.forEach((judged, index) => {
      if (!judged.ok) {
        const { code, detail, pointer } = judged.fault;
        errors.push({ index, id: idOf(items[index]), code, detail, retryable: false, pointer });
        return;
      }
      events[judged.partition]?.push(judged.event);
      indices[judged.partition]?.push(index);
    });
    errors.push(...(await appendAll(log, events, indices, items)));
    errors.sort((a, b) => a.index - b.index);
    const accepted = items.length - errors.length;
    return { accepted, rejected: errors.length, errors, serverTime: clock.now() };
  };
  return async (items) => {
    if (waiting > 0 && waiting + items.length > capacity) {
      throw serverError('OVERLOADED', { got: `${waiting} waiting events` });
    }
    waiting += items.length; // before anything is waited for, so that all that come at once are seen
    try {
      return await take(items);
    } finally {
      waiting -= items.length;
    }
  };
}

/** Faults that are none once this server has read what another one wrote to the config log. */
const UNREAD: ReadonlySet<string> = new Set([
  'UNKNOWN_EXPERIMENT',
  'UNKNOWN_DEFINITION',
  'UNKNOWN_SNAPSHOT',
  'UNKNOWN_ARM',
  'UNKNOWN_METRIC',
  'UNKNOWN_RULE',
  'EXPERIMENT_ENDED',
]);

async function judgeAll(items: readonly unknown[], by: Judgement, options: IngestOptions): Promise<readonly Judged[]> {
  const fates = items.map((item) => judge(item, by, options));
  const { log } = options;
  const isUnread = (judged: Judged): boolean => !judged.ok && UNREAD.has(judged.fault.code);
  if (log.catchUp === undefined || !fates.some(isUnread)) return fates;
  // whether they are wrong is not known: they are not to be thrown away
  await log.catchUp().catch((cause: unknown) => {
    const got = `events that name what is not known here, and what others wrote to the config log was not read: ${cause}`;
    throw serverError('LOG_UNAVAILABLE', { got, todo: 'send the events again once Kafka is well', cause });
  });
  return fates.map((judged, index) => (isUnread(judged) ? judge(items[index], by, options) : judged));
}

function judge(item: unknown, by: Judgement, options: IngestOptions): Judged {
  const parsed = isPlainEvent(item) ? ({ ok: true, event: item } as const) : parseEvent(item);
  if (!parsed.ok) {
    const [first] = parsed.faults;
    const fault = first ?? { code: 'EVENT_INVALID' as const, pointer: '', detail: 'the item is not an event' };
    return { ok: false, fault };
  }
  let event: LogEvent & (DecisionEvent | ExposureEvent | object);
  if ('token' in parsed.event.data) {
    const redeemed = redeemToken(parsed.event as never, options.keys.tokenKeys, by.known, by.now);
    if (!redeemed.ok) return redeemed;
    event = redeemed.event;
  } else event = parsed.event as LogEvent;
  const sound = event as Parameters<typeof checkEvent>[0];
  const fault = checkEvent(sound, by);
  if (fault !== undefined) return { ok: false, fault };
  const partition = partitionOf(partitionKey(sound), options.log.partitions);
  const misplaced = options.log.misplaced?.(sound, partition);
  return misplaced === undefined ? { ok: true, event: sound, partition } : { ok: false, fault: misplaced };
}

/** Appends to all partitions at once. One that fails fails its own items; all failing fails the whole. */
async function appendAll(
  log: IngestLog,
  events: readonly LogEvent[][],
  indices: readonly number[][],
  items: readonly unknown[],
): Promise<IngestError[]> {
  const busy = [...events.keys()].filter((p) => (events[p]?.length ?? 0) > 0);
  const results = await Promise.allSettled(busy.map((p) => log.append(p, events[p] ?? [])));
  const failed = results.filter((result) => result.status === 'rejected');
  const [first] = failed;
  if (first !== undefined && failed.length === busy.length) throw first.reason;
  const errors: IngestError[] = [];
  results.forEach((result, b) => {
    if (result.status !== 'rejected') return;
    const cause: unknown = result.reason;
    const code = isArmatureError(cause) ? cause.code : 'LOG_UNAVAILABLE';
    const detail = cause instanceof Error ? cause.message : String(cause);
    for (const index of indices[busy[b] ?? 0] ?? []) {
      errors.push({ index, id: idOf(items[index]), code, detail, retryable: true });
    }
  });
  return errors;
}

function idOf(item: unknown): string {
  const id = typeof item === 'object' && item !== null && 'id' in item ? item.id : undefined;
  return typeof id === 'string' && idFault(id) === undefined ? id : '';
}
