import { connect } from 'node:net';
import { type HttpWorld, KEY, REQUEST_MS } from './http-world.js';
import type { Row } from './row.js';

const HEAD = `POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${KEY}\r\nContent-Type: application/json\r\n`;
const LONGEST_MS = 20_000;

/** Everything that the server says to these bytes until it closes the connection; `half` closes our side first. */
export function exchange(port: number, bytes: string, half = false): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () => {
      if (half) socket.end(bytes, 'latin1');
      else socket.write(bytes, 'latin1');
    });
    socket.setTimeout(LONGEST_MS, () => socket.destroy(new Error(`open after ${LONGEST_MS} ms`)));
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
    });
    socket.on('end', () => socket.end());
    socket.on('close', () => resolve(received));
    socket.on('error', (cause: NodeJS.ErrnoException) => {
      // a server that cuts us off may reset what we still send: what it said before counts
      if (cause.code === 'ECONNRESET' || cause.code === 'EPIPE') resolve(received);
      else reject(cause);
    });
  });
}

const statusOf = (answer: string): string => /^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 'cut';

const raw = (row: number, input: string, bytes: string, expected: string, half = false): Row<HttpWorld> => ({
  row,
  input,
  expected: `${expected}, closed`,
  act: async ({ port }) => {
    const answer = await exchange(port, bytes, half);
    return { got: `${statusOf(answer)}, closed`, says: answer };
  },
});

/** Requests in the order sent, answered one by one. */
const pipelined: Row<HttpWorld> = {
  row: 34,
  input: '10,000 pipelined requests',
  expected: '10000 answers of 200 in one connection, closed',
  act: async ({ port }) => {
    const one = 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n';
    const answer = await exchange(
      port,
      `${one.repeat(9999)}${one.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n')}`,
    );
    return { got: `${answer.split('HTTP/1.1 200').length - 1} answers of 200 in one connection, closed` };
  },
};

const slow: Row<HttpWorld> = {
  row: 34,
  input: 'a body that stops arriving',
  expected: `408 or cut within ${REQUEST_MS + 9000} ms`,
  act: async ({ port }) => {
    const start = performance.now();
    const answer = await exchange(port, `${HEAD}Content-Length: 10\r\n\r\n[`);
    const intime = performance.now() - start < REQUEST_MS + 9000;
    const status = statusOf(answer);
    return {
      got: intime && (status === '408' || status === 'cut') ? `408 or cut within ${REQUEST_MS + 9000} ms` : status,
    };
  },
};

/** What a forwarding header claims is nobody: it neither opens the door nor names the caller. */
const forwarded: Row<HttpWorld> = {
  row: 33,
  input: 'X-Forwarded-For: 127.0.0.1, X-Forwarded-Host, Forwarded, without a key',
  expected: '401 UNAUTHORIZED',
  act: async ({ port }) => {
    const headers = { 'x-forwarded-for': '127.0.0.1', 'x-forwarded-host': 'localhost', forwarded: 'for=127.0.0.1' };
    const response = await fetch(`http://127.0.0.1:${port}/v1/snapshot`, { headers });
    return { got: `${response.status} ${((await response.json()) as { readonly code: string }).code}` };
  },
};

const GET = (path: string, more = ''): string =>
  `GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${KEY}\r\nConnection: close\r\n${more}\r\n`;
const CHUNKED = `${HEAD}Transfer-Encoding: chunked\r\n\r\n`;

/** Bytes that no HTTP library would send. */
export const SOCKETS: readonly Row<HttpWorld>[] = [
  raw(
    30,
    'Content-Length and Transfer-Encoding',
    `${HEAD}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n[]`,
    '400',
  ),
  raw(30, 'two Content-Length', `${HEAD}Content-Length: 2\r\nContent-Length: 3\r\n\r\n[]`, '400'),
  raw(30, 'Transfer-Encoding: xchunked', `${HEAD}Transfer-Encoding: xchunked\r\n\r\n[]`, '400'),
  raw(
    30,
    'Transfer-Encoding: chunked, identity',
    `${HEAD}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
    '400',
  ),
  raw(30, 'a space before the colon', `${HEAD}Content-Length : 2\r\n\r\n[]`, '400'),
  raw(30, 'a header folded over two lines', `${HEAD}X-A: b\r\n c\r\nContent-Length: 2\r\n\r\n[]`, '400'),
  raw(30, 'lines that end in LF alone', `${HEAD}Content-Length: 2\n\n[]`, '400'),
  raw(30, 'a chunk size that is none', `${CHUNKED}zz\r\n[]\r\n0\r\n\r\n`, '400'),
  raw(30, 'NUL in a header', `${HEAD}X-A: a\0b\r\nContent-Length: 2\r\n\r\n[]`, '400'),
  raw(30, 'bytes that are no HTTP', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', '400'),
  raw(31, 'no Host', 'GET /v1/snapshot HTTP/1.1\r\n\r\n', '400'),
  raw(31, 'two Hosts', 'GET /v1/snapshot HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n', '400'),
  raw(32, 'a header of 20 kB', GET('/v1/snapshot', `X-A: ${'a'.repeat(20_000)}\r\n`), '431'),
  raw(32, 'an address of 20 kB', GET(`/v1/${'a'.repeat(20_000)}`), '431'),
  raw(32, 'an address of 5 kB that leads nowhere', GET(`/v1/${'a'.repeat(5_000)}`), '404'),
  raw(32, 'an escape that is none, %E0%A4%A', GET('/v1/%E0%A4%A'), '400'),
  raw(32, '..%2f', GET('/v1/..%2fsnapshot'), '404'),
  forwarded,
  slow,
  raw(34, 'our side closed in the middle of the body', `${HEAD}Content-Length: 10\r\n\r\n[`, '400', true),
  pipelined,
];
