import type { AddressInfo } from 'node:net';
import { buildApp } from '@armature/server';
import { decisionOf } from '../../packages/server/test/workspace.js';
import { type Loop, openLoop, stateOf } from './loop.js';

export const KEY = 'ak_test_0123456789';
/** How long a request may take to arrive, ms. */
export const REQUEST_MS = 1000;

const over = (status: string): string =>
  `experiment: over\n${status}arms: [a, b]\nassign: request\nreward: { metric: sale, window: 1h }\n`;
const FILES = {
  'a.yaml': `experiment: reader
arms: [large, small]
assign: request
policy: thompson
reward: { metric: correct, window: 1s, lateness: 0s }
metrics:
  score: { type: bounded, range: [0, 10], window: 1s, lateness: 0s }
---
experiment: button
arms: [blue, green]
reward: purchase
`,
  'over.yaml': over(''),
};

export interface Answer {
  readonly status: number;
  readonly body: { readonly [key: string]: unknown };
}

/** A server with a key, on a port, one of its experiments ended. */
export interface HttpWorld {
  readonly loop: Loop;
  readonly port: number;
  /** A decision of the experiment that has ended since. */
  readonly running: ReturnType<typeof decisionOf>;
  post(body: string | Uint8Array<ArrayBuffer>, headers?: { readonly [name: string]: string }): Promise<Answer>;
  close(): Promise<void>;
}

export async function openHttp(): Promise<HttpWorld> {
  const loop = await openLoop(FILES, { partitions: 2, apiKeys: [KEY] });
  const { engine } = loop;
  const app = await buildApp(engine, { requestMs: REQUEST_MS });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const running = decisionOf(engine.snapshot, 'over', 'a', engine.clock.now());
  await loop.write('over.yaml', over('status: ended\n'));
  await engine.reload();
  return {
    ...{ loop, port, running },
    async post(body, headers = {}) {
      const response = await fetch(`http://127.0.0.1:${port}/v1/events`, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/cloudevents-batch+json', authorization: `Bearer ${KEY}`, ...headers },
      });
      return { status: response.status, body: (await response.json()) as { readonly [key: string]: unknown } };
    },
    async close() {
      await app.close();
      await loop.close();
    },
  };
}

export const httpState = ({ loop }: HttpWorld): Promise<string> => stateOf(loop);
