import type { Figure } from './figure.js';
import type { ColumnView, TableView } from './table-view.js';
import type { TerminalStyle } from './terminal-style.js';
import { cutText, padText, textWidth } from './text-width.js';

const GAP = '  ';
const WIDEST_NAME = 24;
/** Room kept for the mark of a footnote before it has its number. */
const MARK_ROOM = '00';

/** A drawing beside a table: its head and one line a row, drawn once its width is known. */
export interface BesideTable {
  readonly least: number;
  readonly most: number;
  readonly draw: (width: number) => { readonly head: string; readonly lines: readonly string[] };
}

/**
 * The table without the columns that a width has no room for: they leave by their order of `drop`.
 *
 * @param table what to show
 * @param width terminal columns for the table
 */
export function fitTable(table: TableView, width: number): TableView {
  const widths = columnWidths(table, ({ text, reason }) => (reason === null ? text : text + MARK_ROOM));
  let kept = table.columns.map((column, at) => ({ column, at }));
  while (lineWidth(kept.map(({ at }) => widths[at]!)) > width) {
    const leaving = kept.reduce((next, placed) => (dropOf(placed.column) > dropOf(next.column) ? placed : next));
    if (leaving.column.drop === null) break;
    kept = kept.filter((placed) => placed !== leaving);
  }
  return {
    ...table,
    columns: kept.map(({ column }) => column),
    rows: table.rows.map((row) => ({ ...row, figures: kept.map(({ at }) => row.figures[at]!) })),
  };
}

/** The width that is left for a table beside a drawing of the least width. */
export function widthBeside(width: number, beside: BesideTable): number {
  return width - beside.least - GAP.length;
}

/**
 * A table as lines; missing numbers carry the mark of their footnote.
 *
 * @param table what to show, fitted to the width
 * @param reasons footnotes in order: see `reasonsOf`
 * @param style width and colours
 * @param beside what stands at the right, where there is room
 */
export function tableLines(
  table: TableView,
  reasons: readonly string[],
  style: TerminalStyle,
  beside?: BesideTable,
): readonly string[] {
  const text = (figure: Figure) => figureText(figure, reasons);
  const widths = columnWidths(table, text);
  const free = style.width - lineWidth(widths) - GAP.length;
  const drawn = beside !== undefined && free >= beside.least ? beside.draw(Math.min(free, beside.most)) : undefined;
  const line = (cells: readonly string[], right: string | undefined) => {
    const padded = table.columns.map(({ align }, c) => padText(cutText(cells[c]!, widths[c]!), widths[c]!, align));
    return ` ${[...padded, ...(right === undefined ? [] : [right])].join(GAP)}`.trimEnd();
  };
  const head = line(
    table.columns.map(({ title }) => title),
    drawn?.head,
  );
  const rows = table.rows.map(({ figures, tone }, r) => style.tone(tone)(line(figures.map(text), drawn?.lines[r])));
  return [style.dim(head), ...rows];
}

function dropOf({ drop }: ColumnView): number {
  return drop ?? -1;
}

/** Names are cut, numbers never. */
function columnWidths({ columns, rows }: TableView, text: (figure: Figure) => string): readonly number[] {
  return columns.map(({ title, align }, c) => {
    const widest = rows.reduce((width, { figures }) => Math.max(width, textWidth(text(figures[c]!))), textWidth(title));
    return align === 'left' ? Math.min(WIDEST_NAME, widest) : widest;
  });
}

function lineWidth(widths: readonly number[]): number {
  return 1 + widths.reduce((sum, width) => sum + width, 0) + GAP.length * (widths.length - 1);
}

/** A number, or a dash with the mark of its footnote. */
function figureText({ text, reason }: Figure, reasons: readonly string[]): string {
  return reason === null ? text : text + footnoteMark(reasons.indexOf(reason) + 1);
}

/**
 * The mark of a footnote.
 *
 * @example
 * footnoteMark(12) // => '¹²'
 */
export function footnoteMark(number: number): string {
  return [...String(number)].map((digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)]).join('');
}
