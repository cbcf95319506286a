import { readReports, renderTerminal } from '@armature/analysis';
import type { Terminal } from '../terminal.js';
import { EXPERIMENT, trueRegret } from './published-test.js';

/** Prints the report on a demo's data, and what only a simulation can know. */
export async function printDemoReport(terminal: Terminal, data: string, now: number): Promise<void> {
  const [report] = await readReports(data, { now, experiment: EXPERIMENT });
  if (report === undefined) return;
  const next = `npx armature report ${data} --html report.html`;
  terminal.out('');
  terminal.out(renderTerminal(report, { color: terminal.colour, width: terminal.columns, next }));
  const served = new Map(report.metrics[0]?.arms.map(({ arm, decisions }) => [arm, decisions]));
  const { bandit, evenSplit } = trueRegret(served);
  terminal.out('');
  const cost = `this run cost ${bandit.toFixed(0)} clicks against always serving the best headline`;
  const text = `The true click rates being known here: ${cost}, an even split would have cost ${evenSplit.toFixed(0)}.`;
  for (const line of wrapped(text, terminal.columns - 2)) terminal.out(` ${line}`);
}

function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
