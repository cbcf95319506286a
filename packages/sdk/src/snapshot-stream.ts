import { backoffMs } from './backoff.js';
import { RESPONSE_INVALID, STREAM_BROKEN } from './client-errors.js';
import { type ArmatureError, clientError, isArmatureError } from './errors.js';
import { type Connection, learnTime, open } from './http-request.js';
import type { Snapshot } from './protocol/snapshot.js';
import { type SseEvent, sseParser } from './sse.js';
import { after } from './timer.js';
import type { Transport } from './transport.js';

const MAX_EVENT = 4 * 1024 * 1024;
const LONGEST_WAIT_MS = 30_000;
/** A stream that breaks sooner counts as one more failure, whatever it brought. */
const STEADY_MS = 10_000;

function streamError(cause: unknown): ArmatureError {
  if (isArmatureError(cause)) return cause;
  return clientError(STREAM_BROKEN, { got: cause instanceof Error ? cause.message : String(cause), cause });
}

/** One connection's life: opens, reads until it ends. Rejects with the cause when it breaks or falls silent. */
async function readStream(
  connection: Connection,
  controller: AbortController,
  lastVersion: string | undefined,
  onOpen: () => void,
  push: (text: string) => void,
): Promise<void> {
  const { silenceMs = 15_000 } = connection;
  const silent = clientError(STREAM_BROKEN, { got: `no byte for ${silenceMs} ms` });
  let cancel = (): void => undefined;
  const alive = (): void => {
    cancel();
    cancel = after(silenceMs, () => controller.abort(silent));
  };
  alive();
  try {
    const headers = {
      accept: 'text/event-stream',
      ...(lastVersion === undefined ? {} : { 'last-event-id': lastVersion }),
    };
    const sentAt = connection.clock.local();
    const response = await open(connection, '/v1/stream', { headers, signal: controller.signal, cache: 'no-store' });
    const type = response.headers.get('content-type') ?? '';
    if (response.body === null || !type.startsWith('text/event-stream')) {
      throw clientError(RESPONSE_INVALID, { got: `a stream of type ${JSON.stringify(type)}` });
    }
    learnTime(connection, response, sentAt);
    onOpen();
    const decoder = new TextDecoder();
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      alive();
      push(decoder.decode(value, { stream: true }));
    }
  } finally {
    cancel();
    controller.abort();
  }
}

/** What a stream tells its owner. */
export interface StreamParts {
  readonly connection: Connection;
  readonly fetchSnapshot: Transport['fetchSnapshot'];
  /** The snapshot fetched before, if any. */
  readonly known: Snapshot | undefined;
  /** Also called, with the snapshot known already, when a new connection confirms it. */
  readonly onSnapshot: (snapshot: Snapshot) => void;
  /** Called each time the stream breaks. */
  readonly onDown: (cause: unknown) => void;
}

/**
 * Follows a server's snapshots, until stopped: opens the stream, asks once with the ETag for what it may have missed,
 * passes on what is pushed, and opens it again after a wait with full jitter when it breaks or falls silent.
 */
export class SnapshotStream {
  readonly #parts: StreamParts;
  #stopped = false;
  #controller = new AbortController();
  #latest: Snapshot | undefined;
  #failures = 0;
  #retryMs = 2000;
  #fetching = false;
  #fetchAgain = false;
  #wake: (() => void) | undefined;

  constructor(parts: StreamParts) {
    this.#parts = parts;
    this.#latest = parts.known;
  }

  stop(): void {
    this.#stopped = true;
    this.#controller.abort();
    this.#wake?.();
  }

  /** Ends when stopped. */
  async follow(): Promise<void> {
    const { connection, onDown } = this.#parts;
    while (!this.#stopped) {
      const since = connection.clock.local();
      const cause = await this.#connect().then(() => clientError(STREAM_BROKEN, { got: 'its end' }), streamError);
      if (this.#stopped) return;
      onDown(cause);
      if (connection.clock.local() - since >= STEADY_MS) this.#failures = 0;
      const backoff = { baseMs: this.#retryMs, capMs: LONGEST_WAIT_MS };
      const waitMs = backoffMs(this.#failures, connection.random(), cause, backoff);
      this.#failures += 1;
      await new Promise<void>((resolve) => {
        const cancel = after(waitMs, resolve);
        this.#wake = () => {
          cancel();
          resolve();
        };
      });
    }
  }

  #connect(): Promise<void> {
    this.#controller = new AbortController();
    const onEvent = ({ event, data }: SseEvent): void => {
      if (event === 'snapshot') this.#deliver(JSON.parse(data) as Snapshot);
      else if (event === 'changed') void this.#fetchCurrent();
    };
    const onRetry = (ms: number): void => {
      this.#retryMs = Math.min(Math.max(ms, 100), LONGEST_WAIT_MS);
    };
    const parser = sseParser(onEvent, onRetry, MAX_EVENT);
    const onOpen = (): void => void this.#fetchCurrent();
    return readStream(this.#parts.connection, this.#controller, this.#latest?.version, onOpen, parser.push);
  }

  #deliver(snapshot: Snapshot): void {
    this.#latest = snapshot;
    if (!this.#stopped) this.#parts.onSnapshot(snapshot);
  }

  /** One request at a time; what is announced meanwhile is asked for once more. */
  async #fetchCurrent(): Promise<void> {
    this.#fetchAgain = this.#fetching;
    if (this.#fetching) return;
    this.#fetching = true;
    do {
      this.#fetchAgain = false;
      const { signal } = this.#controller;
      try {
        const answer = await this.#parts.fetchSnapshot(this.#latest?.version, signal);
        if (answer !== 'unchanged') this.#deliver(answer);
        else if (this.#latest !== undefined) this.#deliver(this.#latest);
      } catch (cause) {
        if (!this.#stopped && !signal.aborted) this.#parts.onDown(cause);
      }
    } while (this.#fetchAgain && !this.#stopped);
    this.#fetching = false;
  }
}
