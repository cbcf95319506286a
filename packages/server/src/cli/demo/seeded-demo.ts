import { createRandom } from '@armature/analysis';
import { createClient } from '@armature/sdk';
import { virtualClock } from '../../adapters/clock.js';
import { openLocal } from '../../local.js';
import type { Terminal } from '../terminal.js';
import { clearDemo, prepareDemo } from './demo-directory.js';
import { printDemoReport } from './demo-report.js';
import { EXPERIMENT } from './published-test.js';
import { createScreen } from './screen.js';
import type { Moment } from './view.js';
import { createVisitors } from './visitors.js';

export interface SeededPlan {
  readonly data: string;
  readonly total: number;
  readonly perSecond: number;
  readonly seed: number;
}

/** When the virtual clock starts. */
const START = Date.UTC(2026, 0, 1);
const STEP_MS = 100;
/** Virtual time after the last click for the last windows to close in. */
const CLOSING_MS = 3000;

/**
 * The demo in one process on a virtual clock: log, fold and publisher as ever, on the disk, but time passes as fast as
 * it can and every draw and click follows from the seed. The same seed prints the same report.
 */
export async function seededDemo(terminal: Terminal, plan: SeededPlan): Promise<void> {
  const { data, total, perSecond, seed } = plan;
  await clearDemo(data);
  const { experiments } = await prepareDemo(data);
  const clock = virtualClock(START);
  const transport = await openLocal({ data, experiments, clock, partitions: 2, watch: false });
  const client = createClient({ transport, now: () => clock.now() });
  await client.ready();
  const random = createRandom(seed);
  const requestName = (visitor: number): string => `seed-${seed}-visitor-${visitor}`;
  const visitors = createVisitors({ client, from: 0, total, perSecond, random, start: START, requestName });
  const screen = createScreen(terminal, (1000 * total) / perSecond / 6);
  const moment = (): Moment => ({
    url: `seed ${seed}, virtual time`,
    version: transport.engine.registry.latest(EXPERIMENT),
    statistics: transport.engine.statistics(),
    total,
    elapsedMs: clock.now() - START,
  });
  const step = async (): Promise<void> => {
    await clock.advance(STEP_MS);
    visitors.until(clock.now());
    await client.flush();
    if ((clock.now() - START) % (10 * STEP_MS) === 0) await screen.show(moment());
  };
  while (!visitors.done) await step();
  for (let waited = 0; waited < CLOSING_MS; waited += STEP_MS) await step();
  await screen.leave(moment());
  await client.close();
  await printDemoReport(terminal, data, clock.now());
}
