import type { DecisionEvent, ExposureEvent, RewardEvent, TokenRewardEvent } from './protocol/event.js';
import type { Snapshot } from './protocol/snapshot.js';
import type { StickyAssignment } from './sticky.js';

/** What a client sends: decisions, rewards (also by token) and exposures. */
export type OutgoingEvent = DecisionEvent | RewardEvent | TokenRewardEvent | ExposureEvent;

/** One item of a batch that the server did not take. */
export interface ItemError {
  readonly index: number;
  readonly id: string;
  readonly code: string;
  readonly detail: string;
  readonly retryable: boolean;
}

/** Every index that is not in `errors` is durable, or was already. */
export interface SendResult {
  readonly accepted: number;
  readonly rejected: number;
  readonly errors: readonly ItemError[];
  /** The server's clock in ms, where it told: clients correct their own by it. */
  readonly serverTime?: number;
}

/** The way to the log and back: over HTTP, or into the same process. Every method may reject; the client retries. */
export interface Transport {
  /** Resolves when every item's fate is known; rejects when nothing may be assumed (send again, ids dedupe). */
  send(events: readonly OutgoingEvent[], signal?: AbortSignal): Promise<SendResult>;
  /** The snapshot served now, or `unchanged` when its version is `version`. */
  fetchSnapshot(version?: string, signal?: AbortSignal): Promise<Snapshot | 'unchanged'>;
  /** Pushes snapshots until stopped; `onDown` tells that the stream broke, and why. The transport reconnects by itself. */
  subscribe?(onSnapshot: (snapshot: Snapshot) => void, onDown: (cause: unknown) => void): () => void;
  /** Signs the client's tokens; absent on an open server, where tokens are unsigned. */
  readonly tokenKey?: { readonly kid: string; readonly key: Uint8Array } | undefined;
  /** Keeps the arms of units, where the client has no option `sticky`. */
  readonly sticky?: StickyAssignment;
  close?(): Promise<void>;
}
