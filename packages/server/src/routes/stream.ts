import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Snapshot } from '@armature/sdk/protocol';
import type { FastifyInstance } from 'fastify';
import type { Engine } from '../engine.js';
import { serverError } from '../errors.js';
import type { ApiKey } from '../keys/api-key.js';
import { streamSchema } from '../openapi.js';

const HEARTBEAT_MS = 5000;
/** Larger snapshots are announced, and fetched with the ETag. */
const WHOLE_BYTES = 64 * 1024;
/** A reader that has not taken its bytes for this long is cut. */
const STALLED_MS = 15_000;

/** Open streams that one key and all together may have. */
export interface StreamLimits {
  readonly perKey: number;
  readonly all: number;
}

const LIMITS: StreamLimits = { perKey: 1000, all: 10_000 };

interface Reader {
  readonly kid: string | undefined;
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
export function streamRoute(
  app: FastifyInstance,
  engine: Engine,
  limits: Partial<StreamLimits> = {},
): { readonly readers: number } {
  const { perKey, all } = { ...LIMITS, ...limits };
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
  const admit = (key: ApiKey | undefined): void => {
    if (readers.size >= all) throw serverError('STREAMS_FULL', { got: `${readers.size}` });
    if (key === undefined) return;
    let own = 0;
    for (const { kid } of readers) if (kid === key.kid) own += 1;
    if (own >= perKey) throw serverError('TOO_MANY_STREAMS', { got: `${own}` });
  };
  /** A revoked key hears nothing more, and nobody without one does once keys are needed. */
  const unkeep = engine.keys.onChange(() => {
    const live = new Set<string | undefined>(engine.keys.keys.map(({ kid }) => kid));
    if (engine.keys.closed) for (const { kid, response } of readers) if (!live.has(kid)) response.end();
  });
  app.addHook('preClose', async () => {
    unlisten();
    unkeep();
    stopBeating();
    for (const reader of readers) reader.response.end();
  });
  const config = { access: ['server', 'read', 'admin'] } as const;
  app.head('/v1/stream', { schema: { hide: true }, config }, async (_request, reply) => reply.headers(HEADERS).send());
  app.get('/v1/stream', { schema: streamSchema, config, exposeHeadRoute: false }, (request, reply) => {
    const response = reply.raw;
    // One that waits behind another answer would hear nothing, not even that its connection has closed.
    if (response.socket === null) {
      throw serverError('REQUEST_INVALID', {
        got: 'a stream behind another request',
        todo: 'open a connection for it',
      });
    }
    admit(request.apiKey);
    // what the hooks have set goes with it: a page of another origin may not read the stream without
    response.writeHead(200, { ...reply.getHeaders(), ...HEADERS } as OutgoingHttpHeaders);
    reply.hijack();
    const reader: Reader = { kid: request.apiKey?.kid, response, stalledSince: undefined, behind: false };
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
