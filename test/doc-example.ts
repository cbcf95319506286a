/** Runs the `@example`s of doc comments: each `expression // => value` line is evaluated and compared. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { transform } from 'esbuild';
import { parseSync } from 'vite';
import { ROOT } from './source-tree.js';

/** One `@example`, with the name of what it documents where that is an export. */
export interface DocExample {
  readonly path: string;
  readonly line: number;
  readonly code: string;
  readonly documents: string | undefined;
}

interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

const MARK = /^\s*=> ?/;

function parse(path: string, text: string) {
  const { program, comments, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`);
  return { body: program.body as unknown as SyntaxNode[], comments };
}

const lineAt = (text: string, offset: number) => text.slice(0, offset).split('\n').length;

function exportedName(statement: SyntaxNode | undefined): string | undefined {
  if (statement?.type !== 'ExportNamedDeclaration') return undefined;
  const declaration = statement.declaration as (SyntaxNode & { declarations?: SyntaxNode[] }) | null;
  const named = declaration?.declarations?.[0] ?? declaration;
  return (named?.id as { name?: string } | undefined)?.name;
}

/** The code after `@example` in a doc comment's text, without the stars. */
function exampleCode(comment: string): { code: string; line: number } | undefined {
  const lines = comment.split('\n').map((line) => line.replace(/^\s*\* ?/, ''));
  const start = lines.findIndex((line) => line.startsWith('@example'));
  if (start === -1) return undefined;
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => /^@\w/.test(line));
  const kept = [lines[start]?.replace('@example', '') ?? '', ...rest.slice(0, end === -1 ? rest.length : end)];
  return { code: kept.filter((line) => !line.startsWith('```')).join('\n'), line: start };
}

/** Every `@example` with a `// =>` in the file at `path` (from the root). */
export function examplesOf(path: string): DocExample[] {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const { body, comments } = parse(path, text);
  return comments.flatMap((comment) => {
    const example = comment.type === 'Block' ? exampleCode(comment.value) : undefined;
    if (example === undefined || !example.code.includes('// =>')) return [];
    const documents = exportedName(body.find((statement) => statement.end > comment.end));
    return [{ path, line: lineAt(text, comment.start) + example.line, code: example.code, documents }];
  });
}

interface Check {
  readonly line: number;
  readonly expected: string;
  readonly actual: unknown;
}

/** The example with each marked statement turned into a call of `check(index, value)`. */
function instrument(code: string): { source: string; marks: { line: number; expected: string }[] } {
  const { body, comments } = parse('example.ts', code);
  const marks: { line: number; expected: string }[] = [];
  let source = '';
  let done = 0;
  for (const statement of body) {
    const line = lineAt(code, statement.end);
    const mark = comments.find((c) => c.type === 'Line' && MARK.test(c.value) && lineAt(code, c.start) === line);
    if (mark === undefined) continue;
    const index = marks.push({ line, expected: mark.value.replace(MARK, '').trim() }) - 1;
    source += code.slice(done, statement.start);
    source += checked(index, code, statement);
    done = statement.end;
  }
  return { source: source + code.slice(done), marks };
}

function checked(index: number, code: string, statement: SyntaxNode): string {
  if (statement.type === 'ExpressionStatement') {
    const { start, end } = statement.expression as SyntaxNode;
    return `;check(${index}, await (${code.slice(start, end)}));`;
  }
  const [first] = (statement.declarations ?? []) as { id: { name?: string } }[];
  if (first?.id.name === undefined)
    throw new Error(`no value to compare in: ${code.slice(statement.start, statement.end)}`);
  return `${code.slice(statement.start, statement.end)};check(${index}, await ${first.id.name});`;
}

const AsyncFunction = (async () => {}).constructor as new (
  ...args: string[]
) => (...values: unknown[]) => Promise<void>;

/** Runs an example with `scope`'s names and returns what it gave beside what it promises. */
async function runExample(code: string, scope: Readonly<Record<string, unknown>>): Promise<Check[]> {
  const { source, marks } = instrument(code);
  if (marks.length !== code.split('// =>').length - 1) throw new Error('a `// =>` stands behind no statement');
  const { code: plain } = await transform(source, { loader: 'ts', target: 'esnext' });
  const names = Object.keys(scope).filter((name) => name !== 'default');
  const actual: unknown[] = [];
  const check = (index: number, value: unknown) => {
    actual[index] = value;
  };
  await new AsyncFunction(...names, 'check', plain)(...names.map((name) => scope[name]), check);
  return marks.map((mark, index) => ({ ...mark, actual: actual[index] }));
}

/** Half a unit of the last printed digit; nothing for a whole number. */
function printedTolerance(literal: string): number {
  const [mantissa = '', exponent = '0'] = literal.toLowerCase().replaceAll('_', '').split('e');
  const digits = mantissa.split('.')[1]?.length ?? 0;
  return digits === 0 && !literal.toLowerCase().includes('e') ? 0 : 0.5 * 10 ** (Number(exponent) - digits);
}

function sameNumber(literal: string, expected: number, actual: unknown): boolean {
  if (typeof actual !== 'number') return false;
  if (Object.is(expected, actual)) return true;
  return Math.abs(actual - expected) <= Math.max(printedTolerance(literal), 1e-9 * Math.abs(expected)) * (1 + 1e-9);
}

const isList = (value: unknown): value is ArrayLike<unknown> =>
  Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));

type Names = Readonly<Record<string, unknown>>;

function evaluate(text: string, scope: Names): unknown {
  const names = Object.keys(scope).filter((name) => name !== 'default');
  return new Function(...names, `return (${text});`)(...names.map((name) => scope[name]));
}

function matches(node: SyntaxNode, text: string, actual: unknown, scope: Names): boolean {
  const raw = text.slice(node.start, node.end);
  if (node.type === 'Literal' && typeof node.value === 'number') return sameNumber(raw, node.value, actual);
  if (node.type === 'ParenthesizedExpression') return matches(node.expression as SyntaxNode, text, actual, scope);
  if (node.type === 'UnaryExpression' && node.operator === '-') {
    const { value, start, end } = node.argument as SyntaxNode;
    if (typeof value === 'number') return sameNumber(text.slice(start, end), -value, actual);
  }
  if (node.type === 'ArrayExpression' && isList(actual)) {
    const items = node.elements as SyntaxNode[];
    return items.length === actual.length && items.every((item, i) => matches(item, text, actual[i], scope));
  }
  const properties = node.type === 'ObjectExpression' ? (node.properties as SyntaxNode[]) : [];
  if (node.type === 'ObjectExpression' && properties.every((p) => p.type === 'Property' && p.computed !== true)) {
    return matchesObject(properties, text, actual, scope);
  }
  return isDeepStrictEqual(actual, evaluate(raw, scope));
}

function matchesObject(properties: readonly SyntaxNode[], text: string, actual: unknown, scope: Names): boolean {
  if (typeof actual !== 'object' || actual === null || Object.keys(actual).length !== properties.length) return false;
  return properties.every((property) => {
    const key = property.key as { name?: string; value?: unknown };
    const name = key.name ?? String(key.value);
    return name in actual && matches(property.value as SyntaxNode, text, (actual as Names)[name], scope);
  });
}

/** Whether `actual` is the value that `expected` writes; a number with a decimal point may be any it is rounded from. */
export function matchesPrinted(expected: string, actual: unknown, scope: Names = {}): boolean {
  const text = `(${expected})`;
  const [statement] = parse('value.ts', text).body;
  return matches(statement?.expression as SyntaxNode, text, actual, scope);
}

/** What is wrong with an example, as sentences; empty when it gives what it promises. */
export async function exampleFaults(code: string, scope: Names): Promise<string[]> {
  const results = await runExample(code, scope);
  return results
    .filter(({ expected, actual }) => !matchesPrinted(expected, actual, scope))
    .map(({ line, expected, actual }) => `line ${line}: promises ${expected}, gives ${inspectShort(actual)}`);
}

function inspectShort(value: unknown): string {
  return typeof value === 'function' ? 'a function' : (JSON.stringify(value) ?? String(value)).slice(0, 200);
}
