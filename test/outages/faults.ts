import type { ServerResponse } from 'node:http';
import type { Fault, Respond } from './faulty-server.js';
import { readerSnapshot } from './reader-snapshot.js';

export interface NamedFault {
  readonly name: string;
  readonly fault: Fault;
}

const typed =
  (status: number, type: string, body: string): Respond =>
  (_, response) =>
    void response.writeHead(status, { 'content-type': type }).end(body);

const PIECE = Buffer.alloc(1_000_000, 'x');
/** 50 MB to each of the first requests, which cost this machine as much as the client; the others get 503. */
const large = (times: number): Respond => {
  let left = times;
  return (request, response) => {
    left -= 1;
    if (left < 0) typed(503, 'text/plain', 'no')(request, response);
    else writeLarge(response);
  };
};
function writeLarge(response: ServerResponse): void {
  let written = 0;
  const more = (): void => {
    while (written < 50_000_000 && !response.destroyed) {
      written += PIECE.length;
      if (!response.write(PIECE)) return void response.once('drain', more);
    }
    response.end();
  };
  response.writeHead(200, { 'content-type': 'application/json' });
  more();
}

const badSums = JSON.stringify(readerSnapshot('1.3', [0.25, 0.5]));
const wrongSums: Respond = (request, response) => {
  if (request.url === '/v1/events') return typed(503, 'text/plain', 'no')(request, response);
  if (request.url === '/v1/snapshot') return typed(200, 'application/json', badSums)(request, response);
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end(`id: 1.3\nevent: snapshot\ndata: ${badSums}\n\n`);
};

/** @param bodies how many bodies of 50 MB are sent */
export const faults = (bodies: number): readonly NamedFault[] => [
  { name: 'black hole: connections open, not a byte', fault: 'black hole' },
  { name: 'connection refused', fault: 'refuse' },
  { name: 'hangs after the headers', fault: (_, response) => void response.writeHead(200).write('{') },
  { name: 'resets', fault: (_, response) => void response.destroy() },
  { name: 'a page of HTML', fault: typed(200, 'text/html', '<html>please log in</html>') },
  { name: 'JSON cut short', fault: typed(200, 'application/json', '{"schema":1,"version":"1.3",') },
  { name: 'an image', fault: typed(200, 'image/png', '\u0089PNG\r\n') },
  {
    name: 'redirects to itself',
    fault: (request, response) => void response.writeHead(302, { location: request.url }).end(),
  },
  { name: 'weights that do not sum to 1', fault: wrongSums },
  {
    name: '503 with Retry-After: 20',
    fault: (_, response) => void response.writeHead(503, { 'retry-after': '20' }).end(),
  },
  { name: '401', fault: typed(401, 'application/problem+json', '{"code":"KEY_REVOKED"}') },
  { name: `${bodies} times 50 MB of JSON, then 503`, fault: large(bodies) },
];
