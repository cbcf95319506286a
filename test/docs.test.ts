/** Prose that can be wrong runs: examples in doc comments, programs and commands in documents, the page of errors. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseExperiments } from '@armature/sdk/protocol';
import { describe, expect, test } from 'vitest';
import { EXPERIMENT_KEYS } from '../packages/sdk/src/protocol/file/experiment-keys.js';
import { METRIC_KEYS } from '../packages/sdk/src/protocol/file/read-metrics.js';
import { errorsPage, TABLES } from '../scripts/errors.mjs';
import { builtBinary } from './built.js';
import { type DocExample, exampleFaults, examplesOf, matchesPrinted } from './doc-example.js';
import {
  experimentsOf,
  type Fence,
  fencesOf,
  programsOf,
  readDocument,
  runNode,
  runProgram,
  stripTypes,
  validated,
} from './document.js';
import { listFiles, ROOT } from './source-tree.js';

/** The entry by which a source file's exports reach a user: the first prefix that fits. */
const ENTRIES = [
  ['packages/sdk/src/policies/', 'packages/sdk/src/policies/index.ts'],
  ['packages/sdk/src/protocol/', 'packages/sdk/src/protocol/index.ts'],
  ['packages/sdk/src/node/', 'packages/sdk/src/node/index.ts'],
  ['packages/sdk/src/sticky/', 'packages/sdk/src/sticky/index.ts'],
  ['packages/sdk/src/browser/', 'packages/sdk/src/browser/index.ts'],
  ['packages/sdk/src/redis/', 'packages/sdk/src/redis/index.ts'],
  ['packages/sdk/src/', 'packages/sdk/src/index.ts'],
  ['packages/analysis/src/fold/', 'packages/analysis/src/fold/index.ts'],
  ['packages/analysis/src/log/', 'packages/analysis/src/log/index.ts'],
  ['packages/analysis/src/', 'packages/analysis/src/index.ts'],
  ['packages/server/src/local', 'packages/server/src/local.ts'],
  ['packages/server/src/', 'packages/server/src/index.ts'],
] as const;

type Module = Readonly<Record<string, unknown>>;

const load = (path: string): Promise<Module> => import(join(ROOT, path));

/** What an example may name: its entry's exports, and for what the entry does not export, its own module's. */
async function scopeOf({ path, documents }: DocExample): Promise<Module> {
  const entry = await load(ENTRIES.find(([prefix]) => path.startsWith(prefix))?.[1] ?? path);
  return documents !== undefined && documents in entry ? entry : { ...entry, ...(await load(path)) };
}

const packageSources = ['sdk', 'analysis', 'server'].flatMap((name) => listFiles(`packages/${name}/src`, ['.ts']));
const examples = packageSources.flatMap(examplesOf);
const documents = [...listFiles('docs', ['.md']), ...listFiles('.', ['.md']).filter((path) => !path.includes('/'))];

describe('examples in doc comments', () => {
  test.each(examples.map((example) => [`${example.path}:${example.line}`, example] as const))(
    '%s gives what it promises',
    async (_, example) => {
      expect(await exampleFaults(example.code, await scopeOf(example))).toEqual([]);
    },
  );

  test.each([
    ['0.33', 1 / 3, true],
    ['0.34', 1 / 3, false],
    ['3', 3.2, false],
    ['-1.5e-7', -1.52e-7, true],
    ['[0.33, { a: 0.67 }]', [1 / 3, { a: 2 / 3 }], true],
    ['{ a: 1 }', { a: 1, b: 2 }, false],
    ['[1, 2]', Float64Array.of(1, 2), true],
    ['undefined', undefined, true],
    ["'a'", 'b', false],
  ])('the value %s against %o: %s', (expected, actual, same) => {
    expect(matchesPrinted(expected, actual)).toBe(same);
  });

  test('an example that promises something else is a fault', async () => {
    const code = 'const two: number = one + one;\ntwo // => 2\nPromise.resolve(two) // => 3';
    expect(await exampleFaults(code, { one: 1 })).toEqual(['line 3: promises 3, gives 2']);
  });
});

/** Programs that may stand at the beginning of a line of shell in the documents. */
const SHELL = new Set([
  'git',
  'cd',
  'curl',
  'docker',
  'redis-cli',
  'export',
  'cat',
  'jq',
  'cp',
  'mkdir',
  'node',
  'npm',
  'npx',
  'armature',
]);
const scripts = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).scripts as Record<string, string>;
const BUILT_IN = new Set(['install', 'ci', 'i', 'init']);

async function cliCommands(): Promise<string[]> {
  const help = await runNode([builtBinary(), '--help'], ROOT);
  return [...help.matchAll(/^ {2}([a-z]+)/gm)].map((match) => match[1] ?? '');
}

/** What is wrong with one command of a shell block, or undefined. */
async function commandFault(command: string): Promise<string | undefined> {
  const words = command.split(/\s+/).filter((word) => !/^[A-Z_]+=/.test(word));
  const [first = '', second = '', third = ''] = words;
  if (!SHELL.has(first)) return `unknown program: ${first}`;
  if (first === 'npm' && second === 'run') return third in scripts ? undefined : `no script named ${third}`;
  if (first === 'npm') return second in scripts || BUILT_IN.has(second) ? undefined : `no such npm command: ${second}`;
  if (first === 'node') return existsSync(join(ROOT, second)) ? undefined : `no such file: ${second}`;
  const name = first === 'armature' ? second : first === 'npx' && second === 'armature' ? third : undefined;
  if (name === undefined) return undefined;
  return (await cliCommands()).includes(name) ? undefined : `armature has no command ${name}`;
}

async function shellFaults(fence: Fence): Promise<string[]> {
  const lines = fence.text.split('\n').map((line) =>
    line
      .replace(/^\$ /, '')
      .replace(/(^|\s)#.*/, '')
      .trim(),
  );
  const commands = lines.flatMap((line) => line.split(/\s*(?:&&|\|)\s*/)).filter((command) => command !== '');
  const faults = await Promise.all(commands.map(commandFault));
  return faults.filter((fault) => fault !== undefined);
}

describe('documents', () => {
  const blocks = documents.flatMap((path) =>
    fencesOf(readDocument(path)).map((fence) => [`${path}:${fence.line}`, fence] as const),
  );
  const programs = documents.flatMap((path) =>
    programsOf(readDocument(path)).map((program) => [`${path}:${program.line}`, program] as const),
  );

  test.each(programs)('the program at %s prints what stands below it', async (_, program) => {
    expect((await runProgram(program)).trimEnd()).toBe(program.output.trimEnd());
  });

  test.each(blocks.filter(([, { language }]) => /^(ts|js|mjs|typescript|javascript)$/.test(language)))(
    'the code at %s is code',
    async (_, fence) => {
      await expect(stripTypes(fence)).resolves.not.toBe('');
    },
  );

  test.each(blocks.filter(([, { language }]) => /^(bash|sh|console)$/.test(language)))(
    'the commands at %s exist',
    async (_, fence) => {
      expect(await shellFaults(fence)).toEqual([]);
    },
  );

  test.each(documents)('the links of %s that stay in the repository lead somewhere', (path) => {
    const links = [...readDocument(path).matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? '');
    const local = links.filter((link) => !/^([a-z]+:|#)/.test(link)).map((link) => link.split('#')[0] ?? '');
    expect(local.filter((link) => !existsSync(join(ROOT, path, '..', link)))).toEqual([]);
  });

  test.each(blocks.filter(([, { language }]) => language === 'json'))('the JSON at %s is JSON', (_, fence) => {
    expect(() => JSON.parse(fence.text)).not.toThrow();
  });

  test.each(documents)('the files of the repository that %s names are there', (path) => {
    const names = [...readDocument(path).matchAll(/`((?:packages|test|scripts|examples|bench|docs)\/[\w./-]+)`/g)];
    expect(names.map((match) => match[1] ?? '').filter((name) => !existsSync(join(ROOT, name)))).toEqual([]);
  });

  test('a program is a block with its output behind it, and files named before it are given to it', () => {
    const block = (language: string, text: string) => `\`\`\`${language}\n${text}\n\`\`\`\n`;
    const page = [block('yaml', '# a/b.yaml\nx: 1'), block('ts', 'f();'), 'prints\n', block('text', 'out')].join('\n');
    expect(programsOf(page)).toEqual([
      { language: 'ts', text: 'f();', line: 6, output: 'out', files: { 'a/b.yaml': '# a/b.yaml\nx: 1' } },
    ]);
    expect(programsOf(`${block('ts', 'f();')}\ntwo\nlines\n${block('text', 'out')}`)).toEqual([]);
  });

  test('a command that does not exist is a fault', async () => {
    const fence = (text: string): Fence => ({ language: 'bash', text, line: 1 });
    expect(await shellFaults(fence('npm test\nnpm run nothing && frobnicate # words'))).toEqual([
      'no script named nothing',
      'unknown program: frobnicate',
    ]);
  });
});

describe('experiment files in documents', () => {
  const files = documents.flatMap((path) =>
    experimentsOf(readDocument(path)).map((file) => [`${path}:${file.line}`, file] as const),
  );

  test.each(files)('the file at %s has faults exactly where the document says so', (_, { text, file, faulty }) => {
    const parsed = parseExperiments(text, file);
    if (faulty) expect(parsed.ok).toBe(false);
    else expect(parsed).toMatchObject({ ok: true });
  });

  test.each(files.filter(([, { output }]) => output !== undefined))(
    'what `armature validate` says of the file at %s stands below it',
    async (_, file) => {
      expect((await validated(file)).trimEnd()).toBe(file.output?.trimEnd());
    },
  );

  test('a file is told by its key, its name, the comment before it and the output behind it', () => {
    const block = (language: string, text: string) => `\`\`\`${language}\n${text}\n\`\`\`\n`;
    const page = [
      block('yaml', 'services: {}'),
      '<!-- faults -->',
      block('yaml', '# b/c.yaml\nexperiment: a'),
      block('text', 'out'),
      block('yaml', 'experiment: a'),
    ].join('\n');
    expect(experimentsOf(page)).toMatchObject([
      { file: 'b/c.yaml', faulty: true, output: 'out' },
      { file: 'experiments/a.yaml', faulty: false, output: undefined },
    ]);
  });
});

describe('tables in documents', () => {
  /** The code in the first cells of a document's tables. */
  const rowsOf = (path: string): Set<string> => {
    const cells = [...readDocument(path).matchAll(/^\| ([^|]*)\|/gm)].map((match) => match[1] ?? '');
    return new Set(cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '')));
  };
  const sourcesUnder = (folder: string): string =>
    listFiles(folder, ['.ts'])
      .map((path) => readFileSync(join(ROOT, path), 'utf8'))
      .join('\n');

  test('docs/experiment-files.md has a row for every key of a file and of a metric', () => {
    const rows = rowsOf('docs/experiment-files.md');
    expect([...EXPERIMENT_KEYS, ...METRIC_KEYS].filter((key) => !rows.has(key))).toEqual([]);
  });

  test('docs/http.md has a row for every route, and no other', () => {
    const text = sourcesUnder('packages/server/src/routes') + readFileSync(join(ROOT, 'packages/server/src/app.ts'));
    const routes = [...text.matchAll(/app\.(get|post)\('([^']+)'/g)].map(([, verb, path]) => `${verb} ${path}`);
    const documented = [...rowsOf('docs/http.md')].filter((row) => /^(GET|POST) \//.test(row));
    expect(routes.length).toBeGreaterThan(5);
    expect(documented.map((row) => row.replace(/^[A-Z]+/, (verb) => verb.toLowerCase())).sort()).toEqual(routes.sort());
  });

  test('docs/operations.md has a row for every figure of /metrics that is ours, and no other', () => {
    const text = readFileSync(join(ROOT, 'packages/server/src/routes/metrics.ts'), 'utf8');
    const gauges = [...text.matchAll(/\[\s*'([a-z_]+)',\s*'[A-Z0-9]/g)].map((match) => `armature_${match[1]}`);
    const others = [...text.matchAll(/name: '(armature_[a-z_]+)'/g)].map((match) => match[1]);
    const documented = [...rowsOf('docs/operations.md')].filter((row) => row.startsWith('armature_'));
    expect(documented.sort()).toEqual([...gauges, ...others].sort());
  });
});

describe('errors', () => {
  type Table = Record<string, { what: string; do: string; retryable: boolean }>;
  const readTables = () =>
    Promise.all(
      TABLES.map(async (entry): Promise<[(typeof TABLES)[number], Table]> => {
        const module = await load(`packages/${entry.package}/src/${entry.module}.ts`);
        return [entry, module[entry.name] as Table];
      }),
    );

  test('docs/errors.md is what the tables say; `node scripts/errors.mjs` writes it again', async () => {
    expect(readDocument('docs/errors.md')).toBe(errorsPage(await readTables()));
  });

  test('a code means one thing: no two tables share it', async () => {
    const codes = (await readTables()).flatMap(([, table]) => Object.keys(table));
    expect(codes.filter((code, index) => codes.indexOf(code) !== index)).toEqual([]);
  });

  test('every code is used somewhere', async () => {
    const text = packageSources.map((path) => readFileSync(join(ROOT, path), 'utf8')).join('\n');
    const codes = (await readTables()).flatMap(([, table]) => Object.keys(table));
    const used = (code: string) => new RegExp(`['"\`.]${code}\\b`).test(text);
    expect(codes.filter((code) => !used(code))).toEqual([]);
  });
});
