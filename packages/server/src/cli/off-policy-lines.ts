import type { Estimate, Interval, OffPolicyReport } from '@armature/analysis';
import { plainText } from './plain-text.js';
import { tableLines } from './table.js';
import type { Terminal } from './terminal.js';

const SHOWN_ARMS = 10;

const percent = (value: number | null): string => (value === null ? '-' : `${(100 * value).toFixed(3)}%`);

function range({ low, high }: Interval): string {
  return low === null || high === null ? '-' : `${(100 * low).toFixed(3)} .. ${(100 * high).toFixed(3)}`;
}

const count = (value: number | null): string => (value === null ? '-' : Math.round(value).toLocaleString('en'));

/** What an imported log says, as lines for a terminal. */
export function offPolicyLines(report: OffPolicyReport, { bold, dim, yellow }: Terminal['colours']): readonly string[] {
  const { source, rows, arms, policies, from, to, notes } = report;
  const logged = policies[0]?.value.logged ?? null;
  return [
    `${bold(plainText(source))} · ${rows.toLocaleString('en')} rows · ${arms.length} arms · ${from ?? '-'} .. ${to ?? '-'}`,
    ` as logged: mean reward ${percent(logged)} under the policy that collected it`,
    '',
    ...policyLines(report, dim, yellow),
    '',
    ...armLines(report, dim),
    ...notes.map((note) => dim(` ${plainText(note)}`)),
  ];
}

function policyLines({ policies }: OffPolicyReport, dim: (text: string) => string, warn: (text: string) => string) {
  const estimate = ({ value, standardError }: Estimate): readonly string[] => [percent(value), percent(standardError)];
  const columns = [
    { title: ' policy' },
    ...['IPW', 'se', '95% interval', 'SNIPW', 'se', '95% interval', 'eff. n', 'mean weight'].map((title) => ({
      title,
      right: true,
    })),
  ];
  const cells = policies.map(({ policy, value }) => [
    ` ${plainText(policy)}`,
    ...estimate(value.ipw),
    range(value.ipwInterval),
    ...estimate(value.snipw),
    range(value.snipwInterval),
    value.effectiveN === null ? '-' : value.effectiveN.toFixed(1),
    value.meanWeight.value === null ? '-' : value.meanWeight.value.toFixed(3),
  ]);
  const [head, ...lines] = tableLines(columns, cells);
  const refusals = policies.flatMap(({ policy, value: { ipw } }) =>
    ipw.reason === null ? [] : [warn(` ${plainText(policy)}: not estimated, ${plainText(ipw.reason)}`)],
  );
  return [dim(head ?? ''), ...lines, ...refusals];
}

function armLines({ arms }: OffPolicyReport, dim: (text: string) => string): readonly string[] {
  const columns = [
    { title: ' arm' },
    ...['decisions', 'share', 'reward', 'naive mean', 'SNIPW if always', 'eff. n'].map((title) => ({
      title,
      right: true,
    })),
  ];
  const ordered = [...arms].sort((a, b) => b.decisions - a.decisions || (a.arm < b.arm ? -1 : 1));
  const cells = ordered
    .slice(0, SHOWN_ARMS)
    .map(({ arm, decisions, share, total, naiveMean, value }) => [
      ` ${plainText(arm)}`,
      count(decisions),
      percent(share),
      count(total),
      percent(naiveMean),
      percent(value.snipw.value),
      count(value.effectiveN),
    ]);
  const [head, ...lines] = tableLines(columns, cells);
  const more = ordered.length - SHOWN_ARMS;
  return [dim(head ?? ''), ...lines, ...(more > 0 ? [dim(` and ${more} more arms: see --json`)] : [])];
}
