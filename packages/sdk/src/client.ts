import type { MetricOf, Shapes, UnknownShapes } from './catalogue.js';
import type { Decision } from './decision.js';
import type { ArmatureError } from './errors.js';
import type { Status } from './follower.js';
import type { OutboxCounts } from './outbox-counts.js';
import type { ReadyOptions } from './readiness.js';
import type { DecisionReference, Receipt, RewardOptions, RewardValue, UnitReference } from './reward.js';
import type { Scope } from './scope.js';

declare global {
  /** For users whose `lib` is older than the symbol; merges with the same declaration elsewhere. */
  interface SymbolConstructor {
    readonly asyncDispose: unique symbol;
  }
}

/** The snapshot in use. */
export interface SnapshotSummary {
  /** "epoch.sequence"; "0.0" for inline experiments. */
  readonly version: string;
  readonly issued: string;
  /** ms since the server last confirmed it. */
  readonly ageMs: number;
  readonly experiments: readonly string[];
}

/** What listeners are called with. */
export interface ClientEvents {
  readonly status: Status;
  readonly snapshot: SnapshotSummary;
  readonly decision: Decision;
  readonly error: ArmatureError;
}

/** Decides, reports what happened next, and can be closed. */
export interface Client<E extends Shapes = UnknownShapes> extends Scope<E> {
  /**
   * Says what came of a decision. Queued, sent in the background, repeated until the server has it. Never throws: what
   * cannot be sent comes back as a receipt with an error and `queued: false`.
   *
   * @param target a decision, its token, or an experiment and a unit
   * @param value a number or boolean for the experiment's reward metric, or values by metric
   */
  reward<K extends keyof E & string>(
    target: DecisionReference<K> | UnitReference<K>,
    value: RewardValue<MetricOf<E[K]>>,
    options?: RewardOptions,
  ): Receipt;
  reward(token: string, value: RewardValue<MetricOf<E[keyof E]>>, options?: RewardOptions): Receipt;
  /** Says that a decision made with `expose: false` was seen. Unexposed decisions do not count. */
  exposure(target: DecisionReference<keyof E & string> | string): Receipt;
  /** Waits for a snapshot confirmed by the server, five seconds at most. Resolves with the status, never rejects. */
  ready(options?: ReadyOptions): Promise<Status>;
  /**
   * Loads what is kept of a unit for experiments of `assign: sticky`, so that `decide` stays synchronous. Call it once a
   * request, before the decisions: what is known already is not read again. Never rejects, and waits a second at most:
   * when the store fails, `on('error')` tells, and decisions go on with STICKY_NOT_LOADED.
   */
  prefetch(unit: string): Promise<void>;
  /** Calls the listener until the returned function is called. */
  on<Event extends keyof ClientEvents>(event: Event, listener: (value: ClientEvents[Event]) => void): () => void;
  readonly status: Status;
  readonly snapshot: SnapshotSummary | undefined;
  readonly outbox: OutboxCounts;
  /** Decisions answered with reason `default`. They are never sent. */
  readonly defaults: number;
  /** Sends now what is queued now. Never rejects. */
  flush(): Promise<OutboxCounts>;
  /** Stops, sends what is left within `timeoutMs` (five seconds), and closes the transport. Never rejects. */
  close(options?: { readonly timeoutMs?: number }): Promise<OutboxCounts>;
  [Symbol.asyncDispose](): Promise<void>;
}
