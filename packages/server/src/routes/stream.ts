import type { OutgoingHttpHeaders } from 'node:http';
import type { Snapshot } from '@armature/sdk/protocol';
import type { FastifyInstance } from 'fastify';
import type { Engine } from '../engine.js';
import { serverError } from '../errors.js';
import { streamSchema } from '../openapi.js';
import { type StreamLimits, streamReaders } from './stream-readers.js';

/** Larger snapshots are announced, and fetched with the ETag. */
const WHOLE_BYTES = 64 * 1024;

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
  const readers = streamReaders(engine.clock, engine.keys, limits);
  let frame = frameOf(engine.snapshot);
  const unlisten = engine.onSnapshot((snapshot) => {
    frame = frameOf(snapshot);
    readers.broadcast(frame);
  });
  app.addHook('preClose', async () => {
    unlisten();
    readers.close();
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
    const kid = request.apiKey?.kid;
    readers.admit(kid);
    reply.hijack();
    // what the hooks have set goes with it: without, a page of another origin could not read the stream
    response.writeHead(200, { ...(reply.getHeaders() as OutgoingHttpHeaders), ...HEADERS });
    const known = request.headers['last-event-id'] === engine.snapshot.version;
    readers.add(kid, response, `retry: 2000\n\n${known ? ': current\n\n' : frame}`);
  });
  return {
    get readers() {
      return readers.size;
    },
  };
}
