import { backoffMs } from './backoff.js';
import { clientError } from './errors.js';
import type { Snapshot } from './protocol/snapshot.js';
import { after } from './timer.js';
import type { Transport } from './transport.js';

/** How a client learns of new snapshots. */
export const REFRESH = ['stream', 'poll', 'manual'] as const;
export type RefreshMode = (typeof REFRESH)[number];

export interface RefreshParts {
  readonly transport: Transport;
  readonly mode: RefreshMode;
  /** Between two polls, ms; give or take a fifth. */
  readonly pollMs: number;
  /** A stream that brought nothing for this long is checked by one conditional request, ms. */
  readonly checkMs: number;
  readonly random: () => number;
  /** Version of the snapshot in use. */
  readonly version: () => string | undefined;
  readonly onSnapshot: (snapshot: Snapshot) => void;
  /** The server confirmed the snapshot in use. */
  readonly onUnchanged: () => void;
  readonly onDown: (cause: unknown) => void;
}

export interface Refresh {
  /** Begins to follow the server; nothing at all in mode `manual`. */
  start(): void;
  /** Asks once, now. Never rejects. */
  once(): Promise<void>;
  stop(): void;
}

const BACKOFF = { baseMs: 1000, capMs: 30_000 };
const HANGING_MS = 15_000;

/** Rejects when a transport of somebody else's never answers. */
function hanging<T>(answer: Promise<T>, abort: AbortController): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = after(HANGING_MS, () => {
      reject(clientError('UNAVAILABLE', { got: `no answer in ${HANGING_MS} ms` }));
      abort.abort();
    });
    answer.then(resolve, reject).finally(cancel);
  });
}

/**
 * Follows a transport's snapshots. In mode `stream` it asks once, then listens; while the stream is down it polls, and a
 * stream that brings nothing is checked now and then, so that a silent one cannot pass for a fresh one.
 */
export function refresh(parts: RefreshParts): Refresh {
  const { transport, mode, random } = parts;
  let stopped = false;
  let started = false;
  let failures = 0;
  let streaming = false;
  let cause: unknown;
  let abort: AbortController | undefined;
  let flight: Promise<void> | undefined;
  let unsubscribe: (() => void) | undefined;
  let cancel = (): void => undefined;

  const schedule = (): void => {
    cancel();
    if (stopped || mode === 'manual') return;
    const usual = (streaming ? parts.checkMs : parts.pollMs) * (0.8 + 0.4 * random());
    cancel = after(failures === 0 ? usual : backoffMs(failures - 1, random(), cause, BACKOFF), () => void tick());
  };
  const ask = async (): Promise<void> => {
    abort = new AbortController();
    try {
      const answer = await hanging(transport.fetchSnapshot(parts.version(), abort.signal), abort);
      if (stopped) return;
      failures = 0;
      if (answer === 'unchanged') parts.onUnchanged();
      else parts.onSnapshot(answer);
    } catch (error) {
      if (stopped) return;
      failures += 1;
      cause = error;
      parts.onDown(error);
    }
  };
  const once = (): Promise<void> => {
    flight ??= ask().finally(() => {
      flight = undefined;
    });
    return flight;
  };
  const tick = (): Promise<void> => once().then(schedule);
  const subscribe = (): void => {
    if (stopped || mode !== 'stream') return;
    unsubscribe = transport.subscribe?.(
      (snapshot) => {
        if (stopped) return;
        streaming = true;
        failures = 0;
        parts.onSnapshot(snapshot);
        schedule();
      },
      (error) => {
        if (stopped) return;
        const was = streaming;
        streaming = false;
        parts.onDown(error);
        if (was) schedule();
      },
    );
  };

  return {
    start() {
      if (started || stopped || mode === 'manual') return;
      started = true;
      void tick().then(subscribe);
    },
    once,
    stop() {
      stopped = true;
      cancel();
      unsubscribe?.();
      abort?.abort();
    },
  };
}
