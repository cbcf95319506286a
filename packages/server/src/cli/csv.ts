const RISKY = /^[=+\-@\t\r]/;

/**
 * A line of CSV (RFC 4180, ended by LF). Numbers stand as they are; a text that a spreadsheet would take for a formula
 * gets an apostrophe in front.
 *
 * @example
 * csvLine(['a', -1, '=1+1', 'x,y', null]) // => "a,-1,'=1+1,\"x,y\",\n"
 */
export function csvLine(cells: readonly (string | number | boolean | null | undefined)[]): string {
  return `${cells.map(cell).join(',')}\n`;
}

function cell(value: string | number | boolean | null | undefined): string {
  if (value === null || value === undefined) return '';
  if (typeof value !== 'string') return String(value);
  const text = RISKY.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
