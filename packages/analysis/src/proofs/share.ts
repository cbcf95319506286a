/** A share of replications with its Monte-Carlo standard error; null where no replication had an answer. */
export interface Share {
  readonly hits: number;
  readonly of: number;
}

/** `0.951 ± 0.005`; `-` where nothing was counted. */
export function shareText({ hits, of }: Share): string {
  if (of === 0) return '-';
  const value = hits / of;
  return `${value.toFixed(3)} ± ${standardErrorOf({ hits, of }).toFixed(3)}`;
}

/** Monte-Carlo standard error of a share. */
export function standardErrorOf({ hits, of }: Share): number {
  const value = hits / of;
  return Math.sqrt((value * (1 - value)) / of);
}

/** A Markdown table. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
