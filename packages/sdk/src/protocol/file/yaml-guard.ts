import { CST, Lexer } from 'yaml';
import { show } from '../show.js';

/** Largest file, in bytes of UTF-8. */
export const MAX_FILE_BYTES = 256 * 1024;
/** Deepest nesting of maps and lists. */
export const MAX_FILE_DEPTH = 32;

/** What the guard met, and at which character. */
export interface GuardFault {
  readonly offset: number;
  readonly what: string;
  readonly got?: string;
  readonly todo: string;
}

/** What the guard found in a file. */
export interface Guarded {
  readonly faults: readonly GuardFault[];
  /** Whether the parser may have the file. */
  readonly parsable: boolean;
  /** Whether a fault leaves values of the file unknown. */
  readonly partial: boolean;
}

/** Parts of YAML that no experiment file needs, and that can blow up or run something. */
const REFUSED: { readonly [token: string]: readonly [what: string, todo: string] } = {
  alias: ['an alias', 'write the value out'],
  anchor: ['an anchor', 'write the value out where it is used'],
  tag: ['a tag', 'write the value without it'],
  'directive-line': ['a YAML directive', 'remove it; files are YAML 1.2'],
  'byte-order-mark': ['a byte order mark', 'save the file as UTF-8 without one'],
};

/** Of these, those without which every value is what it says. */
const HARMLESS: ReadonlySet<string | null> = new Set(['anchor', 'byte-order-mark']);

/** Faults of this kind that are told one by one. */
const MAX_TOLD = 20;

/** Tokens that stand for nothing in the text. */
const MARKERS: ReadonlySet<string> = new Set([CST.DOCUMENT, CST.FLOW_END, CST.SCALAR]);

/** The nesting of a position: columns of the block collections around it, and open brackets. */
interface Nesting {
  readonly columns: number[];
  brackets: number;
  column: number;
  lineStart: boolean;
}

function nest(at: Nesting, token: string, type: string | null): number {
  if (type === 'flow-seq-start' || type === 'flow-map-start') at.brackets += 1;
  else if (type === 'flow-seq-end' || type === 'flow-map-end') at.brackets = Math.max(0, at.brackets - 1);
  const opens = at.lineStart || type === 'seq-item-ind' || type === 'explicit-key-ind';
  if (at.brackets === 0 && opens && type !== 'space' && type !== 'newline' && type !== 'comment') {
    if (at.lineStart) while (at.columns.length > 0 && at.columns.at(-1)! > at.column) at.columns.pop();
    if ((at.columns.at(-1) ?? -1) < at.column) at.columns.push(at.column);
    at.lineStart = false;
  }
  const lastLine = token.lastIndexOf('\n');
  if (lastLine !== -1) at.lineStart = true;
  at.column = lastLine === -1 ? at.column + token.length : token.length - lastLine - 1;
  return at.columns.length + at.brackets;
}

/**
 * Looks through a file's tokens before it is parsed, in linear time and without recursion, for what the parser would
 * suffer from: size, nesting; and for what no file needs: aliases, tags, directives. It stops at the former, since
 * nobody reads on then, and lists the latter.
 */
export function guardYaml(text: string): Guarded {
  const bytes = new TextEncoder().encode(text).length;
  if (bytes > MAX_FILE_BYTES) {
    const todo = `keep it under ${MAX_FILE_BYTES}, split it`;
    return only({ offset: 0, what: 'the file is too large', got: `${bytes} bytes`, todo });
  }
  const nesting: Nesting = { columns: [], brackets: 0, column: 0, lineStart: true };
  const faults: GuardFault[] = [];
  let more = 0;
  let firstMore = 0;
  let partial = false;
  let offset = 0;
  let scalar = false;
  for (const token of new Lexer().lex(text)) {
    if (MARKERS.has(token)) {
      scalar = token === CST.SCALAR;
      continue;
    }
    const type = scalar ? 'scalar' : CST.tokenType(token);
    scalar = false;
    const refused = type === null ? undefined : REFUSED[type];
    if (refused !== undefined) {
      partial ||= !HARMLESS.has(type);
      if (faults.length < MAX_TOLD) faults.push({ offset, what: refused[0], got: show(token), todo: refused[1] });
      else {
        if (more === 0) firstMore = offset;
        more += 1;
      }
    }
    if (nest(nesting, token, type) > MAX_FILE_DEPTH) {
      return only({ offset, what: `more than ${MAX_FILE_DEPTH} levels of maps and lists`, todo: 'nest less' });
    }
    offset += token.length;
  }
  if (more > 0) faults.push({ offset: firstMore, what: `${more} more of these`, todo: 'write the file in plain YAML' });
  return { faults, parsable: true, partial };
}

const only = (fault: GuardFault): Guarded => ({ faults: [fault], parsable: false, partial: true });
