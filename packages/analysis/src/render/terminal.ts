import type { OffPolicyReport } from '../off-policy-report.js';
import type { Report } from '../report.js';
import { recordLines, reportFootnotes } from './footnotes.js';
import { headlineParts, nextCommand, shownChecks } from './headline.js';
import { plainText, plainValue } from './plain-text.js';
import { metricLines } from './terminal-metric.js';
import { offPolicyLines } from './terminal-off-policy.js';
import {
  labelled,
  marked,
  type Paint,
  type TerminalOptions,
  type TerminalStyle,
  terminalStyle,
} from './terminal-style.js';
import { wrapText } from './text-width.js';

/**
 * A report as an analyst reads it in a terminal: verdict, health, arms, contrasts as forest bars (anytime thin, one look
 * thick), shares over time, what it was worth, and footnotes that name estimator and guarantee. Numbers that could not
 * be computed are a dash whose footnote says why; control characters in names become visible marks.
 *
 * @param report of an experiment, or of an imported log
 * @param options colours, width in terminal columns, the command to name at the end
 * @returns lines joined by newlines, none at the end; none is wider than the width, tables of long names excepted
 */
export function renderTerminal(report: Report | OffPolicyReport, options: TerminalOptions): string {
  const style = terminalStyle(options);
  const plain = plainValue(report);
  const lines = 'kind' in plain ? offPolicyLines(plain, style) : experimentLines(plain, style, options.next);
  return lines.join('\n');
}

function experimentLines(report: Report, style: TerminalStyle, next: string | undefined): readonly string[] {
  const { metrics } = report;
  const record = recordLines(report).flatMap(({ label, text }) => labelled(label, text, style));
  return [
    ...titleLines(report, style),
    '',
    ...verdictLines(report, style),
    '',
    ...healthLines(report, style),
    ...record,
    '',
    ...metrics.flatMap((metric, i) => [...(i === 0 ? [] : ['']), ...metricLines(report, metric, style)]),
    ...reportFootnotes(report).flatMap((note) => marked('*', note, style)),
    '',
    ...labelled('next', plainText(next ?? nextCommand(report)), style),
  ].filter((line, i, all) => line !== '' || all[i - 1] !== '');
}

function titleLines(report: Report, { width, bold }: TerminalStyle): readonly string[] {
  const { id, description } = report.experiment;
  const [first = '', ...rest] = wrapText([id, ...headlineParts(report)].join(' · '), width - 1);
  const title = first.startsWith(id) ? bold(id) + first.slice(id.length) : bold(first);
  return [title, ...rest, ...(description === '' ? [] : wrapText(description, width - 1))];
}

function verdictLines({ verdict }: Report, { width, bold, red, green }: TerminalStyle): readonly string[] {
  const paints: Record<typeof verdict.status, Paint> = {
    none: String,
    unhealthy: (text) => bold(red(text)),
    decided: (text) => bold(green(text)),
    'not decided': bold,
  };
  return wrapText(verdict.sentences.join(' '), width - 2).map((line) => ` ${paints[verdict.status](line)}`);
}

function healthLines(report: Report, style: TerminalStyle): readonly string[] {
  const paints = { ok: String, warning: style.yellow, failed: (text: string) => style.bold(style.red(text)) } as const;
  const checks = shownChecks(report);
  const line = checks.map(({ label }) => label).join(' · ');
  const troubled = checks.flatMap(({ label, text, status }) =>
    text === null
      ? []
      : labelled(status === 'failed' ? 'FAILED' : 'warning', `${label}: ${text}`, style, paints[status]),
  );
  return [...labelled('health', line, style, paints[report.health.status]), ...troubled];
}
