import type { ServerResponse } from 'node:http';
import { serverError } from '../errors.js';
import type { KeyRing } from '../keys/key-ring.js';
import type { Clock } from '../ports.js';

const HEARTBEAT_MS = 5000;
/** A reader that has not taken its bytes for this long is cut. */
const STALLED_MS = 15_000;
/** Readers that are written to in one go: a write is a system call of some 25 us, and requests want their turn too. */
const SLICE = 256;

/** Open streams that one key and all together may have. */
export interface StreamLimits {
  readonly perKey: number;
  readonly all: number;
}

const LIMITS: StreamLimits = { perKey: 1000, all: 10_000 };

/** One who reads the stream. */
interface Reader {
  readonly kid: string | undefined;
  /** Whether the newest frame can be sent to it and was not. */
  readonly waits: boolean;
  /** Since when its socket takes nothing more, ms. */
  readonly stalledSince: number | undefined;
  write(text: string): void;
  /** There is a newer frame. States are sent, so only the newest counts. */
  fallBehind(): void;
  catchUp(): void;
  end(): void;
  destroy(): void;
}

function readerOf(kid: string | undefined, response: ServerResponse, clock: Clock, newest: () => string): Reader {
  let stalledSince: number | undefined;
  let behind = false;
  const write = (text: string): void => {
    if (stalledSince === undefined && !response.write(text)) stalledSince = clock.now();
  };
  const catchUp = (): void => {
    if (!behind || stalledSince !== undefined) return;
    behind = false;
    write(newest());
  };
  response.on('drain', () => {
    stalledSince = undefined;
    catchUp();
  });
  return {
    ...{ kid, write, catchUp },
    get waits() {
      return behind && stalledSince === undefined;
    },
    get stalledSince() {
      return stalledSince;
    },
    fallBehind() {
      behind = true;
    },
    end: () => void response.end(),
    destroy: () => void response.destroy(),
  };
}

/** Those who read the stream now. */
export interface StreamReaders {
  readonly size: number;
  /** @throws STREAMS_FULL, TOO_MANY_STREAMS */
  admit(kid: string | undefined): void;
  /** Adds one whose head is written, and sends it its first text. */
  add(kid: string | undefined, response: ServerResponse, first: string): void;
  /** Sends a frame to each; who does not keep up gets the newest alone. */
  broadcast(frame: string): void;
  /** Ends all. */
  close(): void;
}

/** The readers of a stream: heartbeats go to them, and who stalls, or whose key is revoked, is cut. */
export function streamReaders(clock: Clock, ring: KeyRing, limits: Partial<StreamLimits>): StreamReaders {
  const { perKey, all } = { ...LIMITS, ...limits };
  const readers = new Set<Reader>();
  let newest = '';
  let sending = false;

  const catchUpInSlices = (): void => {
    let left = SLICE;
    for (const reader of readers) {
      if (!reader.waits) continue;
      if (left === 0) return void setImmediate(catchUpInSlices);
      left -= 1;
      reader.catchUp();
    }
    sending = false;
  };
  const stopBeating = clock.every(HEARTBEAT_MS, () => {
    const now = clock.now();
    for (const reader of readers) {
      if (reader.stalledSince !== undefined && now - reader.stalledSince > STALLED_MS) reader.destroy();
      else reader.write(': hb\n\n');
    }
  });
  // A revoked key hears nothing more, and nobody without one does once keys are needed.
  const unkeep = ring.onChange(() => {
    if (!ring.closed) return;
    const live = new Set<string | undefined>(ring.keys.map(({ kid }) => kid));
    for (const reader of readers) if (!live.has(reader.kid)) reader.end();
  });
  return {
    get size() {
      return readers.size;
    },
    admit(kid) {
      if (readers.size >= all) throw serverError('STREAMS_FULL', { got: `${readers.size}` });
      if (kid === undefined) return;
      let own = 0;
      for (const reader of readers) if (reader.kid === kid) own += 1;
      if (own >= perKey) throw serverError('TOO_MANY_STREAMS', { got: `${own}` });
    },
    add(kid, response, first) {
      const reader = readerOf(kid, response, clock, () => newest);
      readers.add(reader);
      response.on('close', () => void readers.delete(reader));
      reader.write(first);
    },
    broadcast(frame) {
      newest = frame;
      for (const reader of readers) reader.fallBehind();
      if (sending) return;
      sending = true;
      catchUpInSlices();
    },
    close() {
      stopBeating();
      unkeep();
      for (const reader of readers) reader.end();
    },
  };
}
