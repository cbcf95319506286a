import pc from 'picocolors';
import type { RowView } from './table-view.js';
import { padText, wrapText } from './text-width.js';

/** Where and how a report is printed. */
export interface TerminalOptions {
  /** Whether ANSI colours may be used. */
  readonly color: boolean;
  /** Terminal columns; less than 40 is taken as 40. */
  readonly width: number;
  /** The command to name at the end. Default: the one that writes the report as HTML. */
  readonly next?: string;
}

export type Paint = (text: string) => string;

/** Colours and width of one rendering. */
export interface TerminalStyle {
  readonly width: number;
  readonly bold: Paint;
  readonly dim: Paint;
  readonly cyan: Paint;
  readonly red: Paint;
  readonly yellow: Paint;
  readonly green: Paint;
  readonly tone: (tone: RowView['tone']) => Paint;
}

const LEAST_WIDTH = 40;
/** Columns before the text of a labelled line. */
const GUTTER = 10;

/** The style that the options ask for. */
export function terminalStyle({ color, width }: Pick<TerminalOptions, 'color' | 'width'>): TerminalStyle {
  const { bold, dim, cyan, red, yellow, green } = pc.createColors(color);
  const tones: Record<RowView['tone'], Paint> = { plain: String, leader: bold, better: green, worse: red };
  return {
    width: Math.max(LEAST_WIDTH, Math.floor(width)),
    bold,
    dim,
    cyan,
    red,
    yellow,
    green,
    tone: (tone) => tones[tone],
  };
}

/** A labelled paragraph: the label in the gutter, the text wrapped beside it. */
export function labelled(
  label: string,
  text: string,
  { width, cyan }: TerminalStyle,
  paint: Paint = String,
): readonly string[] {
  return wrapText(text, width - GUTTER).map((line, i) => {
    const head = ` ${padText(i === 0 ? label : '', GUTTER - 1)}`;
    return (i === 0 ? cyan(head) : head) + paint(line);
  });
}

/** A paragraph with a mark before its first line: footnotes. */
export function marked(mark: string, text: string, { width, dim }: TerminalStyle): readonly string[] {
  return wrapText(text, width - 3).map((line, i) => dim(` ${padText(i === 0 ? mark : '', 2)}${line}`));
}
