import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { silent } from '../../adapters/loggers.js';
import { type Served, serve } from '../../main.js';
import { cliError } from '../cli-errors.js';
import type { Terminal } from '../terminal.js';
import { clearDemo, prepareDemo } from './demo-directory.js';
import { printDemoReport } from './demo-report.js';
import { EXPERIMENT } from './published-test.js';
import { createScreen } from './screen.js';
import { integer, type Moment } from './view.js';
import type { VisitorPlan } from './visitor-process.js';

export interface LivePlan {
  readonly data: string;
  readonly total: number;
  readonly perSecond: number;
}

const FRAME_MS = 200;
/** How long after the last click the last trial's window and lateness may take to pass. */
const CLOSING_MS = 10_000;

/**
 * The demo over real processes: this one is the server, a second one is a service with the SDK. What was learned is in
 * the log, so that a demo which was killed goes on where it was.
 */
export async function liveDemo(terminal: Terminal, plan: LivePlan): Promise<void> {
  const { data, total } = plan;
  let served = await start(data);
  if (visitorsOf(served) >= total) {
    await served.stop();
    terminal.out(`The demo in ${data} was complete: starting a new one.`);
    await clearDemo(data);
    served = await start(data);
  }
  const from = visitorsOf(served);
  if (from > 0) terminal.out(`Going on after ${integer(from)} visitors of an interrupted demo in ${data}.`);
  const interrupted = await follow(terminal, served, plan, from);
  await served.stop();
  if (interrupted) {
    terminal.out(`Stopped at ${integer(visitorsOf(served))} visitors. Run it again to go on; nothing is lost.`);
    return;
  }
  await printDemoReport(terminal, data, terminal.now());
}

async function start(data: string): Promise<Served> {
  const { experiments } = await prepareDemo(data);
  return serve({ data, experiments, port: 0, partitions: 2, logger: silent, drainMs: 0, print: () => {} });
}

/** Shows the run until its trials have closed. @returns whether it was interrupted */
async function follow(terminal: Terminal, served: Served, plan: LivePlan, from: number): Promise<boolean> {
  const began = terminal.now();
  const { total, perSecond } = plan;
  const screen = createScreen(terminal, Math.max(1000, (1000 * total) / perSecond / 6));
  const visitors = startVisitors({ url: served.url, from, total, perSecond, seed: began });
  const gone = once(visitors, 'exit') as Promise<[number | null]>;
  let finishedAt: number | undefined;
  void gone.then(() => {
    finishedAt = terminal.now();
  });
  let interrupted = false;
  void served.exited.then(() => {
    interrupted = true;
  });
  const moment = (): Moment => ({
    url: served.url,
    version: served.engine.registry.latest(EXPERIMENT),
    statistics: served.engine.statistics(),
    total,
    elapsedMs: terminal.now() - began,
  });
  while (!interrupted && !isOver(served, finishedAt, terminal.now())) {
    await screen.show(moment());
    await new Promise((done) => setTimeout(done, FRAME_MS));
  }
  if (interrupted) visitors.kill();
  else await screen.leave(moment());
  const [code] = await gone;
  if (code !== 0 && !interrupted) throw cliError('DEMO_CLIENT_FAILED', { got: `exit code ${code}` });
  return interrupted;
}

function isOver(served: Served, finishedAt: number | undefined, now: number): boolean {
  if (finishedAt === undefined) return false;
  return (served.engine.openTrials().get(EXPERIMENT)?.open ?? 0) === 0 || now - finishedAt > CLOSING_MS;
}

/** A service with the SDK in it, in a process of its own. */
export function startVisitors(plan: VisitorPlan): ChildProcess {
  const child = fork(fileURLToPath(new URL('./visitor-process.js', import.meta.url)), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  child.send(plan);
  return child;
}

/** Visitors who have a trial in the log. */
function visitorsOf({ engine }: Served): number {
  let visitors = 0;
  for (const { experiment, arms } of engine.statistics()) {
    if (experiment === EXPERIMENT) for (const { opened } of arms) visitors += opened;
  }
  return visitors;
}
