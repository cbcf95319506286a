/** One line of the table of outages: what was done to the client, what came of it, what was demanded. */
export interface Row {
  readonly outage: string;
  readonly measured: string;
  readonly demanded: string;
  readonly ok: boolean;
}

export interface Section {
  readonly title: string;
  /** What was done, in a sentence or two. */
  readonly how: string;
  readonly rows: readonly Row[];
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');

/** Sections as markdown. */
export function outageTable(sections: readonly Section[]): string {
  return sections
    .map(({ title, how, rows }) => {
      const lines = rows.map(
        ({ outage, measured, demanded, ok }) =>
          `| ${cell(outage)} | ${cell(measured)} | ${cell(demanded)} | ${ok ? 'yes' : 'NO'} |`,
      );
      return [
        `### ${title}`,
        '',
        how,
        '',
        '| outage | measured | demanded | ok |',
        '|---|---|---|---|',
        ...lines,
        '',
      ].join('\n');
    })
    .join('\n');
}

/** A whole number with commas between thousands. */
export const count = (value: number): string => Math.round(value).toLocaleString('en-US');
