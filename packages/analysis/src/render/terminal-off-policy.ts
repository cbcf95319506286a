import type { OffPolicyReport } from '../off-policy-report.js';
import { spanText } from './duration-text.js';
import { reasonText } from './figure.js';
import { countText, meanText } from './number-scale.js';
import { loggedArmTable, offPolicyScale, policyTable } from './off-policy-tables.js';
import { reasonsOf } from './table-view.js';
import { labelled, marked, type TerminalStyle } from './terminal-style.js';
import { fitTable, footnoteMark, tableLines } from './terminal-table.js';
import { wrapText } from './text-width.js';

const MOST_ROWS = 20;

/** What an imported log says, as lines. */
export function offPolicyLines(report: OffPolicyReport, style: TerminalStyle): readonly string[] {
  const scale = offPolicyScale(report);
  const arms = loggedArmTable(report, scale);
  const shown = fitTable({ ...arms, rows: arms.rows.slice(0, MOST_ROWS) }, style.width);
  const policies = fitTable(policyTable(report, scale), style.width);
  const reasons = reasonsOf([policies, shown]);
  const hidden = arms.rows.length - shown.rows.length;
  const logged = report.policies[0]?.value.logged ?? null;
  return [
    ...wrapText(offPolicyHeadline(report), style.width - 1).map((line) => style.bold(line)),
    '',
    ...(logged === null
      ? labelled('logged', 'The log has no row.', style)
      : labelled('logged', `mean reward ${meanText(scale, logged)} under the policy that collected it`, style)),
    '',
    ...(policies.rows.length === 0 ? [] : [...tableLines(policies, reasons, style), '']),
    ...(shown.rows.length === 0 ? [] : [...tableLines(shown, reasons, style)]),
    ...(hidden > 0 ? [style.dim(` and ${hidden} more arms: see --json or --html`)] : []),
    ...(shown.rows.length === 0 ? [] : ['']),
    ...reasons.flatMap((reason, i) => marked(footnoteMark(i + 1), reasonText(reason), style)),
    ...report.notes.flatMap((note) => marked('*', note, style)),
  ];
}

/** `men.csv.gz · 10,000 rows · 34 arms · 2019-11-24 00:00 .. 2019-11-30 23:59 UTC`. */
export function offPolicyHeadline({ source, rows, arms, from, to }: OffPolicyReport): string {
  const span = from === null || to === null ? [] : [spanText(from, to)];
  return [source, `${countText(rows)} rows`, `${countText(arms.length)} arms`, ...span].join(' · ');
}
