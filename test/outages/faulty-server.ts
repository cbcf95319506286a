/** A server on real sockets that speaks the wire of the contract, until a fault begins. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { readerSnapshot } from './reader-snapshot.js';

export type Respond = (request: IncomingMessage, response: ServerResponse) => void;
/** `refuse` closes the port; `black hole` takes connections and says nothing. */
export type Fault = 'refuse' | 'black hole' | Respond;

export interface FaultyServer {
  readonly url: string;
  begin(fault: Fault): Promise<void>;
  end(): Promise<void>;
  /** Requests since the fault began. */
  readonly requests: number;
  /** Most sockets open at once since the fault began. */
  readonly mostSockets: number;
  /** How often each event was taken, by id. */
  readonly taken: ReadonlyMap<string, number>;
  /** Forgets what it took, where a run takes more than this machine need remember. */
  forget(): void;
  /** The answer that there is without a fault. */
  readonly good: Respond;
  /** Streams opened so far. */
  readonly streams: number;
  publish(version: string): void;
  close(): Promise<void>;
}

export interface FaultyServerOptions {
  readonly now: () => number;
  /** Real ms between heartbeats. */
  readonly heartbeatMs: number;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const piece of request.setEncoding('utf8')) text += piece;
  return text;
}

export async function faultyServer({ now, heartbeatMs }: FaultyServerOptions): Promise<FaultyServer> {
  let snapshot = readerSnapshot('1.2');
  const taken = new Map<string, number>();
  const sockets = new Set<Socket>();
  const streams = new Set<ServerResponse>();
  let fault: Fault | undefined;
  let requests = 0;
  let opened = 0;
  let most = 0;

  const good: Respond = async (request, response) => {
    response.setHeader('date', new Date(now()).toUTCString());
    if (request.url === '/v1/stream') {
      opened += 1;
      streams.add(response.writeHead(200, { 'content-type': 'text/event-stream' }));
      response.on('close', () => streams.delete(response)).write('retry: 2000\n\n');
      return;
    }
    response.setHeader('content-type', 'application/json');
    if (request.url === '/v1/events') {
      const events = JSON.parse(await bodyOf(request)) as { readonly id: string }[];
      for (const { id } of events) taken.set(id, (taken.get(id) ?? 0) + 1);
      response.end(JSON.stringify({ accepted: events.length, rejected: 0, errors: [] }));
      return;
    }
    if (request.headers['if-none-match'] === `"${snapshot.version}"`) response.writeHead(304).end();
    else response.end(JSON.stringify(snapshot));
  };
  const respond: Respond = (request, response) => {
    requests += 1;
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    if (fault === undefined) good(request, response);
    else if (typeof fault === 'function') fault(request.resume(), response);
    else request.resume();
  };
  const server: Server = createServer(respond).on('connection', (socket) => {
    sockets.add(socket);
    most = Math.max(most, sockets.size);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  const listen = (port: number): Promise<void> => new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const hearts = setInterval(() => {
    if (fault === undefined) for (const stream of streams) stream.write(': hb\n\n');
  }, heartbeatMs);
  return {
    url: `http://127.0.0.1:${port}`,
    async begin(next) {
      fault = next;
      requests = 0;
      most = sockets.size;
      cut();
      if (next === 'refuse') await new Promise((resolve) => server.close(resolve));
    },
    async end() {
      const refused = fault === 'refuse';
      fault = undefined;
      cut();
      if (refused) await listen(port);
    },
    get requests() {
      return requests;
    },
    get mostSockets() {
      return most;
    },
    taken,
    forget: () => taken.clear(),
    good,
    get streams() {
      return opened;
    },
    publish(version) {
      snapshot = readerSnapshot(version);
      for (const stream of streams)
        stream.write(`id: ${version}\nevent: snapshot\ndata: ${JSON.stringify(snapshot)}\n\n`);
    },
    async close() {
      clearInterval(hearts);
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
