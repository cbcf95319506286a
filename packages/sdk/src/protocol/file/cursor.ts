import { nameFault } from '../name.js';
import { nearest } from '../nearest.js';
import { show } from '../show.js';
import type { Fault } from './faults.js';
import type { Place, ScalarTree, Tree } from './yaml-tree.js';

/** A place in a file while it is read: the value there, its path, and where faults go. */
export interface Cursor {
  readonly tree: Tree;
  readonly path: string;
  readonly report: (fault: Omit<Fault, 'file'>) => void;
  /** Whether a part of the document could not be read: then only what a single value says by itself is judged. */
  readonly partial?: boolean;
}

/** What a fault says beside where it is. */
export interface Complaint {
  readonly got?: string;
  readonly todo?: string;
  readonly at?: Place;
}

/**
 * Reports a fault at the cursor, unless the document is known in part only: what is missing there, or does not fit the
 * rest, may be in the part that could not be read. Returns undefined, so that a reader can end with it.
 */
export function complain(cursor: Cursor, what: string, complaint: Complaint = {}): undefined {
  return cursor.partial ? undefined : complainOfValue(cursor, what, complaint);
}

/** Reports the fault of a key, or of a single value, that is wrong whatever stands around it. */
export function complainOfValue(cursor: Cursor, what: string, { got, todo, at }: Complaint = {}): undefined {
  const { tree } = cursor;
  const whole = tree.kind === 'scalar' && tree.value !== null;
  if (cursor.partial && at === undefined && !whole) return undefined;
  const optional = { ...(got === undefined ? {} : { got }), ...(todo === undefined ? {} : { todo }) };
  cursor.report({ ...(at ?? tree.at), path: cursor.path, what, ...optional });
  return undefined;
}

/** What stands at the cursor, as the file has it: `1.10`, "a text", a map. */
export function got(tree: Tree): string {
  if (tree.kind === 'map') return 'a map';
  if (tree.kind === 'list') return tree.items.length === 0 ? 'an empty list' : `a list of ${tree.items.length}`;
  if (tree.value === null) return 'nothing';
  return typeof tree.value === 'string' ? show(tree.value) : tree.source;
}

export function below(cursor: Cursor, key: string, tree: Tree): Cursor {
  const step = /^[A-Za-z0-9_-]+$/.test(key) ? key : JSON.stringify(key);
  return { ...cursor, tree, path: cursor.path === '' ? step : `${cursor.path}.${step}` };
}

/** The members of a map by key; undefined where the file has none, or an empty value. */
export type Fields = (key: string) => Cursor | undefined;

const NONE: Fields = () => undefined;

/** Unknown keys of a map that are told one by one. */
const MAX_UNKNOWN = 20;

/** Keys that people bring from other tools, or misplace, and what to write. */
export type Hints = { readonly [key: string]: string };

/**
 * The members of a map whose keys are known; every other key is a fault that names the nearest one.
 *
 * @param cursor at a map, or a fault
 * @param known every key the map may have
 * @param hints better advice for some keys than the nearest one
 */
export function fields(cursor: Cursor, known: readonly string[], hints: Hints = {}): Fields {
  const { tree } = cursor;
  if (tree.kind !== 'map') {
    complain(cursor, `a map with ${known.slice(0, 4).join(', ')} is needed`, { got: got(tree) });
    return NONE;
  }
  const found = new Map<string, Cursor>();
  let unknown = 0;
  for (const { key, keyTree, value } of tree.entries) {
    const member = below(cursor, key, value);
    if (known.includes(key) && typeof keyTree.value === 'string') {
      if (value.kind !== 'scalar' || value.value !== null) found.set(key, member);
      else if (key !== 'value')
        complain(member, 'a key without a value', { todo: 'write one, or remove the key', at: keyTree.at });
      continue;
    }
    unknown += 1;
    if (unknown > MAX_UNKNOWN) continue;
    const hint = Object.hasOwn(hints, key) ? hints[key] : undefined;
    const near = nearest(key, known);
    const todo = hint ?? (near === undefined ? `known: ${known.join(', ')}` : `did you mean ${near}?`);
    complainOfValue(member, 'unknown key', { got: show(key), todo, at: keyTree.at });
    if (key === 'version') refuseNumber(member, 'a version');
  }
  if (unknown > MAX_UNKNOWN) complain(cursor, `${unknown - MAX_UNKNOWN} more unknown keys`);
  return (key) => found.get(key);
}

/** Items of a list; a value that is no list is a fault. */
export function items(cursor: Cursor, what: string): readonly Cursor[] {
  const { tree } = cursor;
  if (tree.kind !== 'list') {
    complain(cursor, `a list of ${what} is needed`, { got: got(tree) });
    return [];
  }
  return tree.items.map((item, i) => ({ ...cursor, tree: item, path: `${cursor.path}[${i}]` }));
}

/** A number where a name or a version is meant: YAML has lost `1.10` already. */
export function refuseNumber(cursor: Cursor, what: string): boolean {
  const { tree } = cursor;
  if (tree.kind !== 'scalar' || typeof tree.value === 'string' || tree.value === null) return false;
  const kind = typeof tree.value === 'number' ? `the number ${tree.value}` : `the truth value ${tree.value}`;
  complainOfValue(cursor, `${what} that YAML reads as ${kind}`, { got: tree.source, todo: `write "${tree.source}"` });
  return true;
}

/** A text; anything else is a fault. */
export function readText(cursor: Cursor, what = 'a text', maxLength = 4096): string | undefined {
  const { tree } = cursor;
  if (refuseNumber(cursor, what)) return undefined;
  if (tree.kind !== 'scalar' || typeof tree.value !== 'string') {
    return complainOfValue(cursor, `${what} is needed`, { got: got(tree) });
  }
  if (tree.value.length > maxLength) return complainOfValue(cursor, `${what} has more than ${maxLength} characters`);
  return tree.value;
}

/** A name: of an experiment, an arm, a metric. */
export function readName(cursor: Cursor, what = 'a name'): string | undefined {
  const text = readText(cursor, what);
  return text === undefined ? undefined : checkedName(cursor, text, what, cursor.tree.at);
}

export function checkedName(cursor: Cursor, text: string, what: string, at: Place): string | undefined {
  const fault = nameFault(text);
  if (fault === undefined) return text;
  const todo = 'use 1 to 64 of a-z 0-9 _ . - and begin with a letter or a digit';
  return complainOfValue(cursor, `${what} that ${fault}`, { got: show(text), todo, at });
}

/** A name as a key of a map. */
export function readKey(cursor: Cursor, keyTree: ScalarTree, what: string): string | undefined {
  const key = { ...cursor, tree: keyTree };
  if (keyTree.value === null) return complain(key, `${what} without a name`, { todo: 'write its name' });
  return readName(key, what);
}

/** One of a few words. */
export function readOneOf<Word extends string>(cursor: Cursor, words: readonly Word[], what: string): Word | undefined {
  const { tree } = cursor;
  const value = tree.kind === 'scalar' ? tree.value : undefined;
  const word = words.find((candidate) => candidate === value);
  if (word !== undefined) return word;
  const near = typeof value === 'string' ? nearest(value, words) : undefined;
  const todo = near === undefined ? `use one of ${words.join(', ')}` : `did you mean ${near}?`;
  return complainOfValue(cursor, `unknown ${what}`, { got: got(tree), todo });
}

/** true or false. YAML 1.2 reads yes, no, on and off as texts. */
export function readBoolean(cursor: Cursor): boolean | undefined {
  const { tree } = cursor;
  if (tree.kind === 'scalar' && typeof tree.value === 'boolean') return tree.value;
  const text = tree.kind === 'scalar' && typeof tree.value === 'string' ? tree.value.toLowerCase() : '';
  const meant = ['yes', 'on', 'y'].includes(text) ? 'true' : ['no', 'off', 'n'].includes(text) ? 'false' : undefined;
  return complainOfValue(cursor, 'true or false is needed', {
    got: got(tree),
    todo: `write ${meant ?? 'true or false'}`,
  });
}
