/**
 * Reads the packages' sources as syntax trees, for the tests that hold the rules about them.
 *
 * Limits: a global is found by its name where it is used (`Date.now`, `process`, `globalThis.setTimeout`), so that a
 * copy under another name (`const { now } = Date`) is not seen, and a local of the same name is taken for it. A
 * function's length counts its own lines and those of the functions inside it, from its first word to its last brace.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync } from 'vite';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** A node of the syntax tree, in ESTree's terms. */
interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

export interface Import {
  readonly specifier: string;
  /** Erased by the compiler: `import type`, `export type`, `import('x').T`. */
  readonly typeOnly: boolean;
  readonly line: number;
}

export interface FunctionSize {
  readonly name: string;
  readonly line: number;
  readonly lines: number;
}

/** A mention of something that reads the world: a global or a member of one. */
export interface Use {
  readonly what: string;
  readonly line: number;
}

export interface SourceFile {
  /** From the repository's root, with `/`. */
  readonly path: string;
  readonly lines: number;
  readonly imports: readonly Import[];
  readonly functions: readonly FunctionSize[];
  readonly uses: readonly Use[];
}

/** Paths of the files under `folder` whose name ends in one of `endings`, from the root, with `/`. */
export function listFiles(folder: string, endings: readonly string[]): string[] {
  const paths: string[] = [];
  for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true })) {
    if (entry.name === 'node_modules' || entry.name === 'dist' || entry.name.startsWith('.')) continue;
    const path = folder === '.' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) paths.push(...listFiles(path, endings));
    else if (endings.some((ending) => entry.name.endsWith(ending))) paths.push(path);
  }
  return paths;
}

const isNode = (value: unknown): value is SyntaxNode =>
  typeof value === 'object' && value !== null && typeof (value as SyntaxNode).type === 'string';

function walk(node: SyntaxNode, parent: SyntaxNode | undefined, visit: (n: SyntaxNode, p?: SyntaxNode) => void): void {
  visit(node, parent);
  for (const value of Object.values(node)) {
    if (isNode(value)) walk(value, node, visit);
    else if (Array.isArray(value)) for (const item of value) if (isNode(item)) walk(item, node, visit);
  }
}

const nameOf = (node: unknown): string | undefined =>
  isNode(node) && (node.type === 'Identifier' || node.type === 'PrivateIdentifier') ? (node.name as string) : undefined;

function importOf(node: SyntaxNode): { specifier: string; typeOnly: boolean } | undefined {
  const carriesSource =
    /^(ImportDeclaration|ExportNamedDeclaration|ExportAllDeclaration|ImportExpression|TSImportType)$/;
  if (!carriesSource.test(node.type) || !isNode(node.source) || typeof node.source.value !== 'string') return undefined;
  const typeOnly = node.type === 'TSImportType' || node.importKind === 'type' || node.exportKind === 'type';
  return { specifier: node.source.value, typeOnly };
}

const FUNCTIONS = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']);

function functionName(node: SyntaxNode, parent?: SyntaxNode): string {
  return nameOf(node.id) ?? nameOf(parent?.id) ?? nameOf(parent?.key) ?? '(anonymous)';
}

/** True where the identifier is only a name: a member after the dot, a key, a parameter of a type. */
function isLabel(node: SyntaxNode, parent?: SyntaxNode): boolean {
  if (parent === undefined) return false;
  if (parent.type === 'MemberExpression') return parent.property === node && parent.computed !== true;
  if (parent.type === 'Property') return parent.key === node && parent.computed !== true && parent.shorthand !== true;
  return /^(TS(?!As|Satisfies|NonNull)|Import|Export|MethodDefinition|PropertyDefinition|Labeled)/.test(parent.type);
}

function useOf(node: SyntaxNode, parent?: SyntaxNode): string | undefined {
  if (node.type === 'MemberExpression') {
    const [object, property] = [nameOf(node.object), nameOf(node.property)];
    if (object === 'globalThis') return property;
    return object !== undefined && property !== undefined ? `${object}.${property}` : undefined;
  }
  const bare = nameOf((node as { callee?: unknown }).callee);
  if (bare === 'Date' && node.type === 'CallExpression') return 'Date()';
  if (bare === 'Date' && node.type === 'NewExpression' && (node.arguments as unknown[]).length === 0)
    return 'new Date()';
  return node.type === 'Identifier' && !isLabel(node, parent) ? (node.name as string) : undefined;
}

/** Parses one source text. Throws with the parser's message when the text is no TypeScript. */
export function readSource(path: string, text: string): SourceFile {
  const { program, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`);
  const starts = [0, ...[...text.matchAll(/\n/g)].map((match) => match.index + 1)];
  const lineOf = (offset: number) => starts.findLastIndex((start) => start <= offset) + 1;
  const imports: Import[] = [];
  const functions: FunctionSize[] = [];
  const uses: Use[] = [];
  walk(program as unknown as SyntaxNode, undefined, (node, parent) => {
    const found = importOf(node);
    if (found !== undefined) imports.push({ ...found, line: lineOf(node.start) });
    if (FUNCTIONS.has(node.type)) {
      const [first, last] = [lineOf(node.start), lineOf(node.end)];
      functions.push({ name: functionName(node, parent), line: first, lines: last - first + 1 });
    }
    const what = useOf(node, parent);
    if (what !== undefined) uses.push({ what, line: lineOf(node.start) });
  });
  const lines = text.endsWith('\n') ? starts.length - 1 : starts.length;
  return { path, lines, imports, functions, uses };
}

export const readFile = (path: string): SourceFile => readSource(path, readFileSync(join(ROOT, path), 'utf8'));

/** The source file that a relative import of `from` reaches, as a path from the root. */
export function resolveRelative(from: string, specifier: string): string {
  const target = relative(ROOT, resolve(ROOT, dirname(from), specifier));
  return target.split(sep).join('/').replace(/\.js$/, '.ts');
}

/** `@armature/sdk/policies` -> `@armature/sdk`, `yaml/x` -> `yaml`. */
export function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
