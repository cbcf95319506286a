import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Random } from '@armature/analysis';
import { readerSnapshot } from './reader-snapshot.js';

type Failure = '503' | 'reset' | 'no answer' | 'lost answer';
const FAILURES: readonly Failure[] = ['503', 'reset', 'no answer', 'lost answer'];

/** Takes events, and fails a share of the requests for it, each in one of four ways. */
export interface UnsteadyServer {
  readonly url: string;
  /** Of requests that fail, 0 to 1. */
  share: number;
  only: Failure | undefined;
  /** How often each event was taken, by id. */
  readonly taken: ReadonlyMap<string, number>;
  readonly failed: { readonly [how in Failure]: number };
  close(): Promise<void>;
}

export async function unsteadyServer(random: Random, now: () => number): Promise<UnsteadyServer> {
  const taken = new Map<string, number>();
  const failed = { '503': 0, reset: 0, 'no answer': 0, 'lost answer': 0 };
  const take = (text: string): number => {
    const events = JSON.parse(text) as { readonly id: string }[];
    for (const { id } of events) taken.set(id, (taken.get(id) ?? 0) + 1);
    return events.length;
  };
  const post = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let text = '';
    for await (const piece of request.setEncoding('utf8')) text += piece;
    const failure = random() < self.share ? (self.only ?? FAILURES[Math.floor(random() * 4)]) : undefined;
    if (failure !== undefined) failed[failure] += 1;
    if (failure === '503') return void response.writeHead(503).end();
    if (failure === 'reset') return void response.destroy();
    if (failure === 'no answer') return;
    const accepted = take(text);
    if (failure === 'lost answer') response.destroy();
    else response.end(JSON.stringify({ accepted, rejected: 0, errors: [] }));
  };
  const server = createServer((request, response) => {
    response.setHeader('date', new Date(now()).toUTCString());
    if (request.url !== '/v1/events') response.end(JSON.stringify(readerSnapshot('1.2')));
    else post(request, response).catch(() => response.destroy()); // the other side was killed while it sent
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const self: UnsteadyServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...{ share: 0, only: undefined, taken, failed },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return self;
}
