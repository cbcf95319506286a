import { readReports, renderTerminal } from '@armature/analysis';
import type { Terminal } from '../terminal.js';
import { EXPERIMENT, trueRegret } from './published-test.js';

/** Prints the report on a demo's data, and what only a simulation can know. */
export async function printDemoReport(terminal: Terminal, data: string, now: number): Promise<void> {
  const [report] = await readReports(data, { now, experiment: EXPERIMENT });
  if (report === undefined) return;
  const next = `armature report ${data} --html report.html`;
  terminal.out('');
  terminal.out(renderTerminal(report, { color: terminal.colour, width: terminal.columns, next }));
  const served = new Map(report.metrics[0]?.arms.map(({ arm, decisions }) => [arm, decisions]));
  const { bandit, evenSplit } = trueRegret(served);
  terminal.out('');
  terminal.out(
    ` The true click rates being known here: this run cost ${bandit.toFixed(0)} clicks against always serving the best headline, an even split would have cost ${evenSplit.toFixed(0)}.`,
  );
}
