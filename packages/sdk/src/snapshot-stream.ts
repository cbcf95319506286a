import { backoffMs } from './backoff.js';
import { type ArmatureError, clientError, isArmatureError } from './errors.js';
import { type Connection, open } from './http-request.js';
import type { Snapshot } from './protocol/snapshot.js';
import { sseParser } from './sse.js';
import { after } from './timer.js';
import type { Transport } from './transport.js';

const MAX_EVENT = 4 * 1024 * 1024;
const LONGEST_WAIT_MS = 30_000;

function streamError(cause: unknown): ArmatureError {
  if (isArmatureError(cause)) return cause;
  return clientError('STREAM_BROKEN', { got: cause instanceof Error ? cause.message : String(cause), cause });
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
  const silent = clientError('STREAM_BROKEN', { got: `no byte for ${silenceMs} ms` });
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
    const response = await open(connection, '/v1/stream', { headers, signal: controller.signal, cache: 'no-store' });
    const type = response.headers.get('content-type') ?? '';
    if (response.body === null || !type.startsWith('text/event-stream')) {
      throw clientError('RESPONSE_INVALID', { got: `a stream of type ${JSON.stringify(type)}` });
    }
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

/**
 * Follows a server's snapshots, for ever: opens the stream, asks once with the ETag for what it may have missed,
 * passes on what is pushed, and opens it again after a wait with full jitter when it breaks or falls silent.
 *
 * @param known the snapshot fetched before, if any
 * @param onSnapshot also called, with the snapshot known already, when a new connection confirms it
 * @param onDown called each time the stream breaks
 * @returns stops it
 */
export function snapshotStream(
  connection: Connection,
  fetchSnapshot: Transport['fetchSnapshot'],
  known: Snapshot | undefined,
  onSnapshot: (snapshot: Snapshot) => void,
  onDown: (cause: unknown) => void,
): () => void {
  let stopped = false;
  let controller = new AbortController();
  let latest = known;
  let failures = 0;
  let retryMs = 2000;
  let fetching = false;
  let fetchAgain = false;
  let wake = (): void => undefined;

  const deliver = (snapshot: Snapshot): void => {
    failures = 0;
    latest = snapshot;
    if (!stopped) onSnapshot(snapshot);
  };
  const fetchCurrent = async (): Promise<void> => {
    fetchAgain = fetching;
    if (fetching) return;
    fetching = true;
    do {
      fetchAgain = false;
      try {
        const answer = await fetchSnapshot(latest?.version, controller.signal);
        if (answer !== 'unchanged') deliver(answer);
        else if (latest !== undefined) deliver(latest);
      } catch (cause) {
        if (!stopped && !controller.signal.aborted) onDown(cause);
      }
    } while (fetchAgain && !stopped);
    fetching = false;
  };
  const connect = (): Promise<void> => {
    controller = new AbortController();
    const onRetry = (ms: number): void => {
      retryMs = Math.min(Math.max(ms, 100), LONGEST_WAIT_MS);
    };
    const parser = sseParser(
      ({ event, data }) => {
        if (event === 'snapshot') deliver(JSON.parse(data) as Snapshot);
        else if (event === 'changed') void fetchCurrent();
      },
      onRetry,
      MAX_EVENT,
    );
    return readStream(connection, controller, latest?.version, () => void fetchCurrent(), parser.push);
  };
  const follow = async (): Promise<void> => {
    while (!stopped) {
      const cause = await connect().then(() => clientError('STREAM_BROKEN', { got: 'its end' }), streamError);
      if (stopped) return;
      onDown(cause);
      const waitMs = backoffMs(failures, connection.random(), cause, { baseMs: retryMs, capMs: LONGEST_WAIT_MS });
      failures += 1;
      await new Promise<void>((resolve) => {
        wake = resolve;
        after(waitMs, resolve);
      });
    }
  };
  void follow();
  return () => {
    stopped = true;
    controller.abort();
    wake();
  };
}
