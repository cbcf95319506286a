import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Snapshot } from '../src/protocol/snapshot.js';

/** A small server that speaks the wire of the contract, and misbehaves on demand. Real sockets. */
export interface SnapshotServer {
  readonly url: string;
  /** Counted by path. */
  readonly requests: { snapshot: number; unchanged: number; stream: number; events: number };
  readonly received: unknown[];
  readonly authorizations: Set<string>;
  snapshot: Snapshot;
  /** Instead of the usual answer, by path. */
  misbehave: { [path: string]: ((request: IncomingMessage, response: ServerResponse) => void) | undefined };
  /** Stops the heartbeats while the sockets stay open. */
  heartbeats: boolean;
  push(text: string): void;
  publish(snapshot: Snapshot): void;
  /** Cuts every connection. */
  cut(): void;
  close(): Promise<void>;
}

function readAll(request: IncomingMessage): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    request.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
    });
    request.on('end', () => resolve(text));
  });
}

async function answer(self: SnapshotServer, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.url === '/v1/events') {
    self.requests.events += 1;
    const events = JSON.parse(await readAll(request)) as unknown[];
    self.received.push(...events);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ accepted: events.length, rejected: 0, errors: [] }));
    return;
  }
  self.requests.snapshot += 1;
  const etag = `"${self.snapshot.version}"`;
  if (request.headers['if-none-match'] === etag) {
    self.requests.unchanged += 1;
    response.writeHead(304, { etag }).end();
    return;
  }
  response.writeHead(200, { etag, 'content-type': 'application/json' }).end(JSON.stringify(self.snapshot));
}

export async function snapshotServer(first: Snapshot, heartbeatMs = 50): Promise<SnapshotServer> {
  const streams = new Set<ServerResponse>();
  const sockets = new Set<Socket>();
  const server: Server = createServer((request, response) => {
    const path = request.url ?? '';
    self.authorizations.add(request.headers.authorization ?? '');
    const odd = self.misbehave[path];
    if (path === '/v1/stream') self.requests.stream += 1;
    if (odd !== undefined) return odd(request, response);
    if (path !== '/v1/stream') return void answer(self, request, response);
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('retry: 100\n\n');
    streams.add(response);
    response.on('close', () => streams.delete(response));
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const self: SnapshotServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: { snapshot: 0, unchanged: 0, stream: 0, events: 0 },
    received: [],
    authorizations: new Set(),
    snapshot: first,
    misbehave: {},
    heartbeats: true,
    push(text) {
      for (const stream of streams) stream.write(text);
    },
    publish(snapshot) {
      self.snapshot = snapshot;
      self.push(`id: ${snapshot.version}\nevent: snapshot\ndata: ${JSON.stringify(snapshot)}\n\n`);
    },
    cut() {
      for (const socket of sockets) socket.destroy();
    },
    async close() {
      clearInterval(beat);
      self.cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  const beat = setInterval(() => self.heartbeats && self.push(': hb\n\n'), heartbeatMs);
  return self;
}
