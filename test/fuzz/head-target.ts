import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildApp, openEngine } from '@armature/server';
import { mustHold, type Target } from './target.js';

const EVENTS = 'POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
const DECIDE = '{"unit":"u-1","experiments":["button"]}';
const CORPUS = [
  'GET /v1/snapshot HTTP/1.1\r\nHost: x\r\nIf-None-Match: "1.1"\r\nAccept: */*\r\n\r\n',
  `${EVENTS}Content-Length: 2\r\n\r\n[]`,
  `${EVENTS}Transfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n`,
  `POST /v1/decide HTTP/1.1\r\nHost: x\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${DECIDE.length}\r\n\r\n${DECIDE}`,
  'GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\nGET /readyz HTTP/1.1\r\nHost: x\r\n\r\n',
  'HEAD /v1/snapshot HTTP/1.0\r\nHost: x\r\n\r\n',
  'OPTIONS /v1/events HTTP/1.1\r\nHost: x\r\nOrigin: http://a\r\nAccess-Control-Request-Method: POST\r\n\r\n',
];

const WORDS = [
  ...[
    'GET ',
    'POST ',
    'PUT ',
    'CONNECT ',
    ' HTTP/1.1\r\n',
    ' HTTP/1.0\r\n',
    ' HTTP/9.9\r\n',
    '\r\n',
    '\n',
    '\r\n\r\n',
    ': ',
  ],
  ...[
    'Host: x\r\n',
    'Content-Length: 5\r\n',
    'Transfer-Encoding: chunked\r\n',
    'Content-Encoding: gzip\r\n',
    'Expect: 100-continue\r\n',
  ],
  ...[
    'Authorization: Bearer x\r\n',
    'Content-Type: text/plain\r\n',
    'Connection: close, te\r\n',
    'Upgrade: websocket\r\n',
    'X-Forwarded-For: 1.1.1.1\r\n',
  ],
  ...[
    '/v1/events',
    '/v1/decide',
    '/v1/snapshot',
    '/metrics',
    '/openapi.json',
    '%2f',
    '%E0%A4%A',
    '..',
    '//',
    '?a=b',
    '0\r\n\r\n',
    'ffffffff\r\n',
    '[]',
    '{}',
  ],
];

/** A port is not free again for a minute after its connection: a loopback address for each thousand gives enough. */
let connections = 0;
function localAddress(): { readonly localAddress?: string } {
  connections += 1;
  if (process.platform !== 'linux') return {};
  return { localAddress: `127.0.${1 + (connections % 200)}.${1 + (Math.floor(connections / 200) % 200)}` };
}

/** Longest wait for the end of an answer, ms: nothing of a request is awaited, our side is closed. */
const LONGEST_MS = 10_000;
let root = '';
let port = 0;
let shut = async (): Promise<void> => undefined;

function exchange(input: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, ...localAddress() }, () =>
      socket.end(input),
    );
    socket.setTimeout(LONGEST_MS, () => socket.destroy(new Error(`no end of the answer in ${LONGEST_MS} ms`)));
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      // a stream of snapshots has no end of its own
      if (received.includes('text/event-stream')) socket.destroy();
    });
    socket.on('close', () => resolve(received));
    socket.on('error', (cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ECONNRESET' || cause.code === 'EPIPE') resolve(received);
      else reject(cause);
    });
  });
}

/** The bytes of a connection to a real server: no answer is a 500, and each connection ends. */
export const head: Target = {
  name: 'head',
  corpus: CORPUS,
  words: WORDS,
  parallel: 16,
  async open() {
    root = mkdtempSync(join(tmpdir(), 'armature-fuzz-'));
    mkdirSync(join(root, 'experiments'));
    writeFileSync(join(root, 'experiments', 'a.yaml'), 'experiment: button\narms: [blue, green]\nreward: purchase\n');
    const engine = await openEngine({ experiments: join(root, 'experiments'), data: join(root, 'data'), watch: false });
    const app = await buildApp(engine);
    await app.listen({ host: '127.0.0.1', port: 0 });
    port = (app.server.address() as AddressInfo).port;
    shut = async () => {
      await app.close();
      await engine.close();
      rmSync(root, { recursive: true, force: true });
    };
  },
  async run(input) {
    const answer = await exchange(input);
    const statuses = [...answer.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status));
    mustHold(!statuses.includes(500), `an answer of 500: ${answer.slice(0, 300)}`);
    mustHold(!/\n\s+at .*\.[jt]s:\d+/.test(answer), `a stack in an answer: ${answer.slice(0, 300)}`);
  },
  close: () => shut(),
};
