/** The rules about what may import, name and measure what. A failure names file and line. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { listFiles, packageName, ROOT, readFile, readSource, resolveRelative, type SourceFile } from './source-tree.js';

const PACKAGES = ['sdk', 'analysis', 'server'] as const;
/** What each package may import of the others. */
const ARROWS: Record<string, readonly string[]> = { sdk: [], analysis: ['sdk'], server: ['sdk', 'analysis'] };
const SOURCE_LINES = 250;
const TEST_LINES = 400;
const FUNCTION_LINES = 60;
const FORBIDDEN_NAMES = new Set(['util', 'utils', 'helper', 'helpers', 'manager', 'common', 'misc']);
/** Clock, timers and randomness: in pure code they come in as arguments. */
const IMPURE = new Set([
  'Date.now',
  'new Date()',
  'Date()',
  'Math.random',
  'performance.now',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'crypto.randomUUID',
  'crypto.getRandomValues',
]);
/** Table-based functions of simple-statistics that are off by up to 1e-2. */
const COARSE = new Set(['cumulativeStdNormalProbability', 'probit', 'chiSquaredGoodnessOfFit']);

interface Manifest {
  readonly exports: Record<string, unknown>;
  readonly dependencies?: Record<string, string>;
  readonly peerDependencies?: Record<string, string>;
}

const manifests = new Map<string, Manifest>(
  PACKAGES.map((name) => [name, JSON.parse(readFileSync(join(ROOT, `packages/${name}/package.json`), 'utf8'))]),
);
const sources = PACKAGES.flatMap((name) => listFiles(`packages/${name}/src`, ['.ts'])).map(readFile);
const byPath = new Map(sources.map((file) => [file.path, file]));
const under = (...folders: string[]) =>
  sources.filter((file) => folders.some((folder) => file.path.startsWith(folder)));
const packageOf = (path: string) => path.split('/')[1] ?? '';

/** Every fault that `rule` finds, as `file:line what`. */
function faultsIn(files: readonly SourceFile[], rule: (file: SourceFile) => Iterable<[line: number, what: string]>) {
  return files.flatMap((file) => [...rule(file)].map(([line, what]) => `${file.path}:${line} ${what}`));
}

function* importsWhere(file: SourceFile, broken: (specifier: string, typeOnly: boolean) => boolean) {
  for (const { specifier, typeOnly, line } of file.imports) {
    if (broken(specifier, typeOnly)) yield [line, `imports ${specifier}`] as [number, string];
  }
}

function* usesOf(file: SourceFile, names: ReadonlySet<string>) {
  for (const { what, line } of file.uses) if (names.has(what)) yield [line, what] as [number, string];
}

const isRelative = (specifier: string) => specifier.startsWith('.');
const sibling = (specifier: string) => /^@armature\/([^/]+)/.exec(specifier)?.[1];
/** Files that a file needs at run time. */
const valueImports = (file: SourceFile) =>
  file.imports
    .filter((found) => !found.typeOnly && isRelative(found.specifier))
    .map((found) => resolveRelative(file.path, found.specifier));

/** The first cycle of run-time imports, as the files on it in order, or none. */
function findCycle(files: ReadonlyMap<string, SourceFile>): string[] {
  const finished = new Set<string>();
  const trail: string[] = [];
  const visit = (path: string): string[] => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
    const file = files.get(path);
    if (finished.has(path) || file === undefined) return [];
    trail.push(path);
    for (const next of valueImports(file)) {
      const cycle = visit(next);
      if (cycle.length > 0) return cycle;
    }
    trail.pop();
    finished.add(path);
    return [];
  };
  for (const path of files.keys()) {
    const cycle = visit(path);
    if (cycle.length > 0) return cycle;
  }
  return [];
}

function closure(entry: string): SourceFile[] {
  const reached = new Map<string, SourceFile>();
  const pending = [entry];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    const file = byPath.get(path);
    if (file === undefined || reached.has(path)) continue;
    reached.set(path, file);
    pending.push(...valueImports(file));
  }
  return [...reached.values()];
}

describe('imports', () => {
  test('every relative import reaches a source file', () => {
    const missing = (file: SourceFile) =>
      importsWhere(file, (name) => isRelative(name) && !byPath.has(resolveRelative(file.path, name)));
    expect(faultsIn(sources, missing)).toEqual([]);
  });

  test('packages depend on each other in one direction only: server, analysis, sdk', () => {
    const against = (file: SourceFile) =>
      importsWhere(file, (name) => {
        const other = sibling(name);
        return other !== undefined && !ARROWS[packageOf(file.path)]?.includes(other);
      });
    expect(faultsIn(sources, against)).toEqual([]);
  });

  test('a package reaches another only through an entry it publishes', () => {
    const inside = (file: SourceFile) =>
      importsWhere(file, (name) => {
        if (isRelative(name)) return packageOf(resolveRelative(file.path, name)) !== packageOf(file.path);
        const other = sibling(name);
        return (
          other !== undefined && manifests.get(other)?.exports[name.replace(`@armature/${other}`, '.')] === undefined
        );
      });
    expect(faultsIn(sources, inside)).toEqual([]);
  });

  test('a package declares every dependency it imports', () => {
    const undeclared = (file: SourceFile) => {
      const { dependencies, peerDependencies } = manifests.get(packageOf(file.path)) ?? { dependencies: {} };
      const declared = new Set(Object.keys({ ...dependencies, ...peerDependencies }));
      return importsWhere(file, (n) => !isRelative(n) && !n.startsWith('node:') && !declared.has(packageName(n)));
    };
    expect(faultsIn(sources, undeclared)).toEqual([]);
  });

  test('no files import each other in a circle at run time', () => {
    expect(findCycle(byPath)).toEqual([]);
  });

  test('policies import nothing outside their folder', () => {
    const outside = (file: SourceFile) =>
      importsWhere(
        file,
        (n) => !isRelative(n) || !resolveRelative(file.path, n).startsWith('packages/sdk/src/policies/'),
      );
    expect(faultsIn(under('packages/sdk/src/policies/'), outside)).toEqual([]);
  });

  test('the protocol takes types, and nothing else, from policies', () => {
    const values = (file: SourceFile) =>
      importsWhere(
        file,
        (n, typeOnly) => !typeOnly && isRelative(n) && resolveRelative(file.path, n).includes('/policies/'),
      );
    expect(faultsIn(under('packages/sdk/src/protocol/'), values)).toEqual([]);
  });

  test.each(['index', 'browser/index'])('what the SDK entry %s reaches needs no dependency and no Node', (entry) => {
    const bare = (file: SourceFile) => importsWhere(file, (name, typeOnly) => !typeOnly && !isRelative(name));
    const reached = closure(`packages/sdk/src/${entry}.ts`);
    expect(faultsIn(reached, bare)).toEqual([]);
    expect(faultsIn(reached, (file) => usesOf(file, new Set(['process', 'Buffer', 'require'])))).toEqual([]);
  });

  test('routes and aggregation see the ports, not the adapters behind them', () => {
    const adapters = (file: SourceFile) =>
      importsWhere(file, (name) => isRelative(name) && resolveRelative(file.path, name).includes('/adapters/'));
    expect(faultsIn(under('packages/server/src/routes/', 'packages/server/src/aggregation/'), adapters)).toEqual([]);
  });

  test('coarse tables of simple-statistics are not used', () => {
    expect(faultsIn(sources, (file) => usesOf(file, COARSE))).toEqual([]);
    expect(faultsIn(sources, (file) => importsWhere(file, (name) => /simple-statistics\//.test(name)))).toEqual([]);
  });
});

describe('the outside world', () => {
  test('pure code reads no clock, sets no timer and draws no random number', () => {
    const pure = under('packages/sdk/src/policies/', 'packages/analysis/src/');
    expect(faultsIn(pure, (file) => usesOf(file, IMPURE))).toEqual([]);
  });

  test('only the command, the adapter behind the lock, fail points and what starts other servers read the process', () => {
    const readers = /^packages\/server\/src\/(main|cli|fail-point|adapters\/processes|provision\/provision\.ts)/;
    const rest = sources.filter((file) => !readers.test(file.path));
    expect(faultsIn(rest, (file) => usesOf(file, new Set(['process'])))).toEqual([]);
    expect(faultsIn(rest, (file) => importsWhere(file, (name) => name === 'node:process'))).toEqual([]);
  });
});

describe('budgets', () => {
  test(`a source file has at most ${SOURCE_LINES} lines and a test file ${TEST_LINES}`, () => {
    const folders = ['packages', 'test', 'scripts', 'examples', 'bench'].filter((name) => existsSync(join(ROOT, name)));
    const paths = folders.flatMap((folder) => listFiles(folder, ['.ts', '.mjs', '.js']));
    const long = paths.flatMap((path) => {
      const budget = /(^|\/)test\//.test(path) ? TEST_LINES : SOURCE_LINES;
      const { lines } = readFile(path);
      return lines > budget ? [`${path}: ${lines} lines`] : [];
    });
    expect(long).toEqual([]);
  });

  test(`a function has at most ${FUNCTION_LINES} lines`, () => {
    const long = (file: SourceFile) =>
      file.functions
        .filter(({ lines }) => lines > FUNCTION_LINES)
        .map(({ name, line, lines }): [number, string] => [line, `${name} has ${lines} lines`]);
    expect(faultsIn(sources, long)).toEqual([]);
  });

  test('a file is named for its concept', () => {
    const lastWord = (path: string) =>
      path
        .replace(/(\.test)?\.[a-z]+$/, '')
        .split(/[/-]/)
        .at(-1) ?? '';
    const vague = listFiles('packages', ['.ts']).filter((path) => FORBIDDEN_NAMES.has(lastWord(path)));
    expect(vague).toEqual([]);
  });
});

describe('the reader of sources', () => {
  test.each([
    ['const t = Date.now();', 'Date.now'],
    ['function f(now = Date.now) { return now; }', 'Date.now'],
    ['const t = new Date();', 'new Date()'],
    ['const x = { y: Math.random() };', 'Math.random'],
    ['const x = globalThis.setTimeout(f, 1);', 'setTimeout'],
    ['const x = (process as object);', 'process'],
    ['const x = { process };', 'process'],
  ])('finds in %s the use of %s', (text, what) => {
    expect(readSource('a.ts', text).uses.map((use) => use.what)).toContain(what);
  });

  test.each(['const x = new Date(5);', 'x.process();', 'const o = { process: 1 };', 'interface P { process: string }'])(
    'finds in %s no use of the clock or the process',
    (text) => {
      const { uses } = readSource('a.ts', text);
      expect(uses.filter(({ what }) => IMPURE.has(what) || what === 'process')).toEqual([]);
    },
  );

  test.each([
    ["import type { A } from './a.js';", './a.js', true],
    ["import { a } from './a.js';", './a.js', false],
    ["export * from './a.js';", './a.js', false],
    ["export type { A } from './a.js';", './a.js', true],
    ["type T = import('./a.js').T;", './a.js', true],
    ["const a = await import('./a.js');", './a.js', false],
  ])('finds the import in %s', (text, specifier, typeOnly) => {
    expect(readSource('a.ts', text).imports).toEqual([{ specifier, typeOnly, line: 1 }]);
  });

  test('measures a function from its first line to its last', () => {
    const { functions } = readSource('a.ts', '\nconst f = (\n  a: number,\n) => {\n  return a;\n};\n');
    expect(functions).toEqual([{ name: 'f', line: 2, lines: 5 }]);
  });

  test('follows run-time imports round a circle and ignores those of types', () => {
    const files = (second: string) =>
      new Map(
        [readSource('x/a.ts', "import { b } from './b.js';"), readSource('x/b.ts', second)].map((file) => [
          file.path,
          file,
        ]),
      );
    expect(findCycle(files("import { a } from './a.js';"))).toEqual(['x/a.ts', 'x/b.ts', 'x/a.ts']);
    expect(findCycle(files("import type { A } from './a.js';"))).toEqual([]);
  });
});
