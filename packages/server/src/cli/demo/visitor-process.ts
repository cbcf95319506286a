import process from 'node:process';
import { createRandom } from '@armature/analysis';
import { createClient } from '@armature/sdk';
import { createVisitors } from './visitors.js';

/** What the demo tells its second process. */
export interface VisitorPlan {
  readonly url: string;
  readonly from: number;
  readonly total: number;
  readonly perSecond: number;
  readonly seed: number;
}

const STEP_MS = 20;

/** The demo's second process: a product service with the SDK in it, deciding and rewarding over HTTP. */
process.once('message', (plan: VisitorPlan) => void run(plan));
process.once('disconnect', () => process.exit(0));

async function run({ url, from, total, perSecond, seed }: VisitorPlan): Promise<void> {
  const client = createClient({ url, outbox: { everyMs: 100 } });
  const status = await client.ready({ timeoutMs: 10_000 });
  if (status !== 'ready') throw new Error(`the demo's client found no snapshot at ${url}: ${status}`);
  const visitors = createVisitors({ client, from, total, perSecond, random: createRandom(seed), start: Date.now() });
  const timer = setInterval(async () => {
    visitors.until(Date.now());
    if (!visitors.done) return;
    clearInterval(timer);
    const { sent, queued, dropped } = await client.close();
    process.send?.({ sent, queued, dropped });
    process.disconnect();
  }, STEP_MS);
}
