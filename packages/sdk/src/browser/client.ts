import type { ArmOf, MetricOf, Shapes, UnknownShapes } from '../catalogue.js';
import type { ArmatureError } from '../errors.js';
import type { OutboxCounts } from '../outbox-counts.js';
import type { Receipt, RewardOptions, RewardValue, UnitReference } from '../reward.js';
import type { PrefetchOptions } from './fetch-decisions.js';
import type { PageDecision, PageDecisionFields } from './page-decision.js';

/** What listeners are called with. */
export interface BrowserEvents {
  readonly decision: PageDecision;
  readonly error: ArmatureError;
}

export interface PageDecideOptions<Arm extends string = string> {
  /** False when the arm may never be seen: the decision counts once `exposure` is called. @default true */
  readonly expose?: boolean | undefined;
  /** The arm to serve where nothing was decided. @default the control arm known from the code */
  readonly default?: Arm | undefined;
}

/** Serves a page the decisions that a server made, and reports what happened next. */
export interface BrowserClient<E extends Shapes = UnknownShapes> {
  /**
   * The arm to serve. Synchronous, and never throws: where nothing was decided it answers the control arm known from the
   * code, reason `default`, error NO_DECISION. A decision that does not count yet counts from now on, unless
   * `expose: false`.
   */
  decide<K extends keyof E & string>(
    experiment: K,
    options?: PageDecideOptions<ArmOf<E[K]>>,
  ): PageDecision<K, E[K]['arms']>;
  /**
   * Asks the server to decide for the page's user, again and again until `timeoutMs`. Never rejects. What is held of
   * another unit is forgotten at once; a later call ends an earlier one.
   *
   * @returns whether the decisions are there; if not, `on('error')` tells why
   */
  prefetch(options?: PrefetchOptions): Promise<boolean>;
  /**
   * Says what came of a decision. Queued, sent in the background, repeated until the server has it. Never throws: what
   * cannot be sent comes back as a receipt with an error and `queued: false`.
   *
   * @param target a decision, its token, or an experiment and a unit
   * @param value values by metric; a number or boolean for the reward metric, where `experiments` names it
   */
  reward<K extends keyof E & string>(
    target: PageDecisionFields<K> | UnitReference<K>,
    value: RewardValue<MetricOf<E[K]>>,
    options?: RewardOptions,
  ): Receipt;
  reward(token: string, value: RewardValue<MetricOf<E[keyof E]>>, options?: RewardOptions): Receipt;
  /** Says that a decision was seen that `decide` was told not to expose. */
  exposure(target: PageDecisionFields<keyof E & string> | string): Receipt;
  /** Calls the listener until the returned function is called. */
  on<Event extends keyof BrowserEvents>(event: Event, listener: (value: BrowserEvents[Event]) => void): () => void;
  readonly outbox: OutboxCounts;
  /** Sends now what is queued now. Never rejects. */
  flush(): Promise<OutboxCounts>;
  /** Stops, and sends what is left within `timeoutMs` (five seconds). Never rejects. */
  close(options?: { readonly timeoutMs?: number }): Promise<OutboxCounts>;
}
