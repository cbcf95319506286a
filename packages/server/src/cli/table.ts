/** A column: its title, and whether its cells stand at the right, as numbers do. */
export interface Column {
  readonly title: string;
  readonly right?: boolean;
}

/**
 * Lines of a table, two spaces between the columns.
 *
 * @param columns titles and alignment
 * @param rows as many cells each as there are columns
 * @example
 * tableLines([{ title: 'arm' }, { title: 'n', right: true }], [['a', '10']]) // => ['arm   n', 'a    10']
 */
export function tableLines(columns: readonly Column[], rows: readonly (readonly string[])[]): readonly string[] {
  const widths = columns.map(({ title }, c) =>
    rows.reduce((width, row) => Math.max(width, (row[c] ?? '').length), title.length),
  );
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ right }, c) => {
        const cell = cells[c] ?? '';
        return right === true ? cell.padStart(widths[c]!) : cell.padEnd(widths[c]!);
      })
      .join('  ')
      .trimEnd();
  return [line(columns.map(({ title }) => title)), ...rows.map(line)];
}
