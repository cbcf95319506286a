import type { CompiledExperiment, CompiledRule } from './compiled-snapshot.js';
import type { Outcome } from './decision.js';
import type { ArmatureError, ErrorCode } from './errors.js';

/** The arm a unit was drawn, with everything that a later decision has to log about that draw. */
export interface StickyRecord {
  /**
   * Which draw it was: "experiment/log.epoch", and "!arm" for each arm that was kept before and can no longer be served.
   * Another learning epoch, and another log, draw anew.
   */
  readonly key: string;
  readonly arm: string;
  /** The whole vector that it was drawn from. */
  readonly propensities: { readonly [arm: string]: number };
  /** The experiment's own version that holds that vector. */
  readonly snapshot: string;
  /** Content hash of the definition of that version. */
  readonly definition: string;
  /** The rule of that version. */
  readonly rule: string;
  /** Probability of reaching that draw; absent where nothing stood before it. */
  readonly outer?: number | undefined;
  /** When it was drawn, ms since the epoch. */
  readonly time: number;
}

/**
 * Keeps the records of units outside the process: in a file, in Redis, or in whatever you have. A store may fail and be
 * slow: no decision waits for it.
 */
export interface StickyStore {
  /** All records of a unit, of all experiments. */
  get(unit: string): Promise<readonly StickyRecord[]>;
  /**
   * Keeps a record unless the unit has one of the same key, in one step: of two callers at the same time one is first.
   *
   * @returns the record that is kept: this one, or the one that was first
   */
  setIfAbsent(unit: string, record: StickyRecord): Promise<StickyRecord>;
}

/** Records on their way: produced = kept + outrun + queued + dropped. */
export interface StickyCounts {
  readonly produced: number;
  readonly kept: number;
  /** Another process had kept its record before. */
  readonly outrun: number;
  readonly queued: number;
  /** More were waiting than there is room for, or the store holds something else in the record's place. */
  readonly dropped: number;
}

/** A store with a bounded memory in front of it: `stickyAssignment(store)` of `@armature/sdk/sticky`. */
export interface StickyAssignment {
  readonly store: StickyStore;
  readonly counts: StickyCounts;
  /** Called by the client's `decide`, which has found the experiment running and the rule to hold. */
  decide(experiment: CompiledExperiment, rule: CompiledRule, unit: string, now: number): StickyOutcome;
  /** Reads a unit's records, unless all of `keys` are known, and waits until the store has what was drawn of it. Never rejects. */
  prefetch(unit: string, keys: readonly string[], now: number): Promise<void>;
  /** Resolves when the store has everything, or after `timeoutMs`. Never rejects. */
  settled(timeoutMs: number): Promise<void>;
  /** Told of failures of the store and of units that were not loaded, until the returned function is called. */
  onError(listener: (error: ArmatureError) => void): () => void;
}

/** The arm to serve, and what was wrong. */
export interface StickyOutcome {
  readonly outcome: Outcome;
  readonly error: ErrorCode | undefined;
}
