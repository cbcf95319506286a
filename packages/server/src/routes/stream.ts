import type { ServerResponse } from 'node:http';
import type { Snapshot } from '@armature/sdk/protocol';
import type { FastifyInstance } from 'fastify';
import type { Engine } from '../engine.js';
import { serverError } from '../errors.js';
import { streamSchema } from '../openapi.js';

const HEARTBEAT_MS = 5000;
/** Larger snapshots are announced, and fetched with the ETag. */
const WHOLE_BYTES = 64 * 1024;
/** A reader that has not taken its bytes for this long is cut. */
const STALLED_MS = 15_000;

interface Reader {
  readonly response: ServerResponse;
  /** Since when its socket takes nothing more, ms. */
  stalledSince: number | undefined;
  /** Whether a newer snapshot waits for it: states are sent, so only the newest counts. */
  behind: boolean;
}

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
} as const;

/** The frame of a snapshot, made once for all readers. */
function frameOf(snapshot: Snapshot): string {
  const text = JSON.stringify(snapshot);
  const whole = Buffer.byteLength(text) <= WHOLE_BYTES;
  const data = whole ? text : JSON.stringify({ version: snapshot.version });
  return `id: ${snapshot.version}\nevent: ${whole ? 'snapshot' : 'changed'}\ndata: ${data}\n\n`;
}

/** `GET /v1/stream`: server-sent events, the snapshot as it is now and each one after it. */
export function streamRoute(app: FastifyInstance, engine: Engine): { readonly readers: number } {
  const { clock } = engine;
  const readers = new Set<Reader>();
  let frame = frameOf(engine.snapshot);

  const write = (reader: Reader, text: string): void => {
    if (reader.stalledSince !== undefined) return;
    if (!reader.response.write(text)) reader.stalledSince = clock.now();
  };
  const send = (reader: Reader): void => {
    if (reader.stalledSince === undefined) write(reader, frame);
    else reader.behind = true;
  };
  const drained = (reader: Reader): void => {
    reader.stalledSince = undefined;
    if (!reader.behind) return;
    reader.behind = false;
    send(reader);
  };
  const unlisten = engine.onSnapshot((snapshot) => {
    frame = frameOf(snapshot);
    for (const reader of readers) send(reader);
  });
  const stopBeating = clock.every(HEARTBEAT_MS, () => {
    const now = clock.now();
    for (const reader of readers) {
      if (reader.stalledSince !== undefined && now - reader.stalledSince > STALLED_MS) reader.response.destroy();
      else write(reader, ': hb\n\n');
    }
  });
  app.addHook('preClose', async () => {
    unlisten();
    stopBeating();
    for (const reader of readers) reader.response.end();
  });
  app.get('/v1/stream', { schema: streamSchema }, (request, reply) => {
    const response = reply.raw;
    // One that waits behind another answer would hear nothing, not even that its connection has closed.
    if (response.socket === null) {
      throw serverError('REQUEST_INVALID', {
        got: 'a stream behind another request',
        todo: 'open a connection for it',
      });
    }
    reply.hijack();
    response.writeHead(200, HEADERS);
    const reader: Reader = { response, stalledSince: undefined, behind: false };
    readers.add(reader);
    response.on('drain', () => drained(reader));
    response.on('close', () => void readers.delete(reader));
    const known = request.headers['last-event-id'] === engine.snapshot.version;
    write(reader, `retry: 2000\n\n${known ? ': current\n\n' : frame}`);
  });
  return {
    get readers() {
      return readers.size;
    },
  };
}
