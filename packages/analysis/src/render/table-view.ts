import type { Figure } from './figure.js';

/** A column of a table that every rendering shows. */
export interface ColumnView {
  readonly title: string;
  readonly align: 'left' | 'right';
  /** Left out first where the width is short; null columns never. Higher goes earlier. */
  readonly drop: number | null;
}

/** A table before it is drawn. */
export interface TableView {
  readonly caption: string;
  readonly columns: readonly ColumnView[];
  readonly rows: readonly RowView[];
}

export interface RowView {
  readonly figures: readonly Figure[];
  /** `leader` is the arm most likely best; `better` and `worse` are told apart from zero by the headline interval. */
  readonly tone: 'plain' | 'leader' | 'better' | 'worse';
}

/** A column of numbers. */
export function numbers(title: string, drop: number | null): ColumnView {
  return { title, align: 'right', drop };
}

/** A column of names, never left out. */
export function names(title: string): ColumnView {
  return { title, align: 'left', drop: null };
}

/**
 * The reasons of a table's missing numbers, each once, in order: the footnotes 1, 2, ...
 *
 * @param tables the tables that share the footnotes
 */
export function reasonsOf(tables: readonly TableView[]): readonly string[] {
  const reasons = tables.flatMap(({ rows }) => rows.flatMap(({ figures }) => figures.map(({ reason }) => reason)));
  return [...new Set(reasons.filter((reason) => reason !== null))];
}
