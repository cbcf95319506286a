/** A number in few characters: three significant digits, large ones in thousands. */
export function short(value) {
  if (value === 0) return '0';
  if (Math.abs(value) < 1e-3) return value.toExponential(1);
  if (Math.abs(value) >= 10_000) return `${Math.round(value / 1000).toLocaleString('en-US')}k`;
  return String(Number(value.toPrecision(3)));
}

const withUnit = (value, unit) => (unit === '' ? short(value) : `${short(value)} ${unit}`);

function goalOf({ least, most, unit }) {
  if (least !== undefined) return `>= ${least}x`;
  return most === undefined ? '' : `<= ${withUnit(most, unit)}`;
}

/** Whether a row meets its goal; undefined where it has none. */
export function isMet({ least, most, ratio, ours }) {
  if (least !== undefined) return ratio >= least;
  return most === undefined ? undefined : ours <= most;
}

function cellsOf(row) {
  const met = isMet(row);
  return [
    row.what,
    withUnit(row.ours, row.unit),
    row.peer === undefined ? '' : `${short(row.peer.value)} ${row.peer.name}`,
    row.ratio === undefined ? '' : `${short(row.ratio)}x`,
    goalOf(row),
    met === undefined ? '' : met ? 'yes' : 'NO',
    row.spread === undefined ? '' : `${Math.round(row.spread * 100)}%`,
    [row.noisy ? 'noisy' : '', row.note ?? ''].filter((text) => text !== '').join(', '),
  ];
}

const HEAD = ['what', 'ours', 'peer or floor', 'ratio', 'goal', 'met', 'spread', ''];

/** All rows as one table of aligned columns, one stretch per bench. */
export function table(rows) {
  const lines = rows.map(cellsOf);
  const widths = HEAD.map((title, c) => Math.max(title.length, ...lines.map((cells) => cells[c].length)));
  const line = (cells) =>
    cells
      .map((cell, c) => cell.padEnd(widths[c]))
      .join('  ')
      .trimEnd();
  const out = [line(HEAD), widths.map((width) => '-'.repeat(width)).join('  ')];
  rows.forEach((row, r) => {
    if (row.bench !== rows[r - 1]?.bench) out.push(...(r > 0 ? [''] : []), row.title);
    out.push(`${line(lines[r])}`);
  });
  return out.join('\n');
}

/** The same as a table of Markdown. */
export function markdown(rows) {
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(HEAD), line(HEAD.map(() => '---')), ...rows.map((row) => line(cellsOf(row)))].join('\n');
}
