import { type Document, isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseAllDocuments } from 'yaml';
import { show } from '../show.js';
import { type Fault, inOrder } from './faults.js';
import { guardYaml } from './yaml-guard.js';

export interface Place {
  readonly line: number;
  readonly col: number;
}
export interface ScalarTree {
  readonly kind: 'scalar';
  readonly at: Place;
  readonly value: string | number | boolean | null;
  /** As it stands in the file: `1.10` where the value is 1.1. */
  readonly source: string;
}
export interface ListTree {
  readonly kind: 'list';
  readonly at: Place;
  readonly items: readonly Tree[];
}
export interface Entry {
  readonly key: string;
  /** The key as a scalar: a name may be refused for what YAML reads it as. */
  readonly keyTree: ScalarTree;
  readonly value: Tree;
}
export interface MapTree {
  readonly kind: 'map';
  readonly at: Place;
  readonly entries: readonly Entry[];
}
/** A YAML value with the place of each part. */
export type Tree = ScalarTree | ListTree | MapTree;

const WHAT: { readonly [code: string]: readonly [what: string, todo: string] } = {
  TAB_AS_INDENT: ['a tab as indentation', 'indent with spaces'],
  MULTILINE_IMPLICIT_KEY: ['a key over several lines', 'keep it on one line, or check the quotes'],
};

/** What the parser says of a part that the guard has told already. */
const TOLD: ReadonlySet<string> = new Set(['BAD_ALIAS', 'ALIAS_PROPS', 'TAG_RESOLVE_FAILED', 'BAD_DIRECTIVE']);

interface Source {
  readonly lines: LineCounter;
  /** Nothing that reaches this character is known. */
  readonly cut: number;
  /** A part of the document is unknown from here on. */
  readonly lose: () => void;
  readonly report: (at: Place, what: string, todo?: string, got?: string) => void;
}

function placeOf(lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), col: Math.max(1, col) };
}

const startOf = (lines: LineCounter, node: Node | null, fallback: Place): Place =>
  node?.range ? placeOf(lines, node.range[0]) : fallback;

function scalarTree(source: Source, node: Node | null, fallback: Place): ScalarTree {
  const known = isScalar(node) && (node.range?.[1] ?? 0) < source.cut;
  if (!known) return { kind: 'scalar', at: fallback, value: null, source: '' };
  const value: unknown = node.value;
  const plain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
  return { kind: 'scalar', at: startOf(source.lines, node, fallback), value: plain, source: node.source ?? '' };
}

function entryOf(source: Source, pair: Pair<Node | null, Node | null>, at: Place): Entry[] {
  if (pair.key !== null && !isScalar(pair.key)) {
    source.report(startOf(source.lines, pair.key, at), 'a key that is a map or a list', 'write a name as the key');
    source.lose();
    return [];
  }
  if ((pair.key?.range?.[1] ?? 0) > source.cut) return [];
  const keyTree = scalarTree(source, pair.key, at);
  if (keyTree.source === '<<') {
    source.report(keyTree.at, 'a merge key', 'write the keys out');
    source.lose();
    return [];
  }
  const key = typeof keyTree.value === 'string' ? keyTree.value : keyTree.source;
  return [{ key, keyTree, value: treeOf(source, pair.value, keyTree.at) }];
}

/** The tree of a node. The guard has bounded the depth of this recursion. */
function treeOf(source: Source, node: Node | null, fallback: Place): Tree {
  const at = startOf(source.lines, node, fallback);
  if (isSeq<Node | null>(node)) {
    const known = node.items.filter((item) => (item?.range?.[0] ?? 0) < source.cut);
    return { kind: 'list', at, items: known.map((item) => treeOf(source, item, at)) };
  }
  if (!isMap<Node | null, Node | null>(node)) return scalarTree(source, node, fallback);
  const entries = node.items.flatMap((pair) => entryOf(source, pair, at));
  const seen = new Set<string>();
  for (const { key, keyTree } of entries) {
    if (seen.has(key)) source.report(keyTree.at, 'the same key twice', 'keep one of them', show(key));
    seen.add(key);
  }
  return { kind: 'map', at, entries };
}

/** One document of a file. */
export interface YamlDocument {
  readonly tree: Tree;
  /** Whether a part of it could not be read; the tree then holds the values before the first fault. */
  readonly partial: boolean;
}

export interface ParsedYaml {
  /** Each document that is not empty. */
  readonly documents: readonly YamlDocument[];
  readonly faults: readonly Fault[];
}

type Report = Source['report'];

/** A document as a tree, and what it has of faults in its YAML. */
function documentOf(document: Document.Parsed, lines: LineCounter, report: Report, told: boolean): YamlDocument {
  let cut = Number.POSITIVE_INFINITY;
  let partial = told;
  for (const problem of [...document.errors, ...document.warnings]) {
    if (told && TOLD.has(problem.code)) continue;
    const [what, todo] = WHAT[problem.code] ?? [`not YAML: ${problem.message.split('\n')[0]}`, undefined];
    report(placeOf(lines, problem.pos[0]), what, todo);
    cut = Math.min(cut, problem.pos[0]);
    partial = true;
  }
  const lose = (): void => {
    partial = true;
  };
  const tree = treeOf({ lines, report, cut, lose }, document.contents as Node | null, { line: 1, col: 1 });
  return { tree, partial };
}

/**
 * Reads the documents of a file as YAML 1.2, core schema, without aliases, anchors, tags, directives and merge keys.
 * What the parser only warns of is a fault. A document with a fault is in the result as far as it is known, so that
 * what else is wrong with it can be told in the same breath.
 */
export function parseYaml(text: string, file: string): ParsedYaml {
  const lines = new LineCounter();
  const guard = guardYaml(text);
  const faults: Fault[] = guard.faults.map(({ offset, ...rest }) => {
    const before = text.slice(0, offset);
    return { file, line: before.split('\n').length, col: offset - before.lastIndexOf('\n'), path: '', ...rest };
  });
  const documents: YamlDocument[] = [];
  if (!guard.parsable) return { documents, faults };
  const parsed = parseAllDocuments(text, {
    lineCounter: lines,
    prettyErrors: false,
    version: '1.2',
    schema: 'core',
    merge: false,
    strict: true,
    // Found in treeOf: the parser compares every key with every other.
    uniqueKeys: false,
    logLevel: 'silent',
  });
  if (!Array.isArray(parsed)) return { documents, faults };
  const report: Report = (at, what, todo, got) => {
    const optional = { ...(got === undefined ? {} : { got }), ...(todo === undefined ? {} : { todo }) };
    faults.push({ file, ...at, path: '', what, ...optional });
  };
  for (const document of parsed) {
    const read = documentOf(document, lines, report, guard.partial);
    const { tree } = read;
    if (tree.kind !== 'scalar' || tree.value !== null || tree.source.trim() !== '') documents.push(read);
  }
  return { documents, faults: inOrder(faults) };
}
