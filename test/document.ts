/** Reads the fenced blocks of the documents, and runs the programs that are followed by their output. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { transform } from 'esbuild';
import { ROOT } from './source-tree.js';

export interface Fence {
  readonly language: string;
  readonly text: string;
  /** Line of the opening fence. */
  readonly line: number;
}

export interface Program extends Fence {
  readonly output: string;
  /** Blocks before the program in its document that begin with a comment naming a file. */
  readonly files: Readonly<Record<string, string>>;
}

const OPEN = /^```(\w+)/;
const NAMED_FILE = /^(?:#|\/\/) ([\w./-]+\.(?:ya?ml|json|ts|js|mjs))\s*$/;
const PROGRAM = new Set(['ts', 'typescript', 'js', 'javascript', 'mjs']);

/** The fenced blocks of a document, in order. Throws when the last one is not closed. */
export function fencesOf(markdown: string): Fence[] {
  const fences: Fence[] = [];
  let open: { language: string; line: number; lines: string[] } | undefined;
  markdown.split('\n').forEach((line, index) => {
    if (open === undefined) {
      const language = OPEN.exec(line)?.[1];
      if (language !== undefined) open = { language, line: index + 1, lines: [] };
    } else if (line.startsWith('```')) {
      fences.push({ language: open.language, line: open.line, text: open.lines.join('\n') });
      open = undefined;
    } else {
      open.lines.push(line);
    }
  });
  if (open !== undefined) throw new Error(`the block opened in line ${open.line} is not closed`);
  return fences;
}

/** Whether at most one line of words stands between two blocks, so that the second is read as the first's output. */
function follows(first: Fence, second: Fence, markdown: string): boolean {
  const between = markdown.split('\n').slice(first.line + first.text.split('\n').length + 1, second.line - 1);
  return between.filter((line) => line.trim() !== '').length <= 1;
}

/** The programs of a document: a ts or js block with a text block behind it, which is what it prints. */
export function programsOf(markdown: string): Program[] {
  const fences = fencesOf(markdown);
  const files: Record<string, string> = {};
  return fences.flatMap((fence, index) => {
    const next = fences[index + 1];
    const isProgram = PROGRAM.has(fence.language) && next?.language === 'text' && follows(fence, next, markdown);
    if (isProgram) return [{ ...fence, output: next.text, files: { ...files } }];
    const name = NAMED_FILE.exec(fence.text.split('\n')[0] ?? '')?.[1];
    if (name !== undefined) files[name] = fence.text;
    return [];
  });
}

/** A block of YAML that is an experiment file, and what its document says about it. */
export interface Experiments extends Fence {
  /** The name in its first line, or one of our own. */
  readonly file: string;
  /** Whether the document warns that the file is wrong: `<!-- faults -->` stands before it. */
  readonly faulty: boolean;
  /** What `armature validate` prints of it, where the document shows that. */
  readonly output: string | undefined;
}

/** The experiment files of a document: `yaml` blocks with an `experiment:` key. */
export function experimentsOf(markdown: string): Experiments[] {
  const fences = fencesOf(markdown);
  const lines = markdown.split('\n');
  return fences.flatMap((fence, index) => {
    if (!/^ya?ml$/.test(fence.language) || !/^experiment:/m.test(fence.text)) return [];
    const next = fences[index + 1];
    const output = next?.language === 'text' && follows(fence, next, markdown) ? next.text : undefined;
    const before = lines.slice(0, fence.line - 1).findLast((line) => line.trim() !== '');
    const file = NAMED_FILE.exec(fence.text.split('\n')[0] ?? '')?.[1] ?? 'experiments/a.yaml';
    return [{ ...fence, file, faulty: before === '<!-- faults -->', output }];
  });
}

/** What `armature validate` prints of one experiment file, in a folder of its own. */
export function validated({ file, text }: Experiments): Promise<string> {
  return inFolder({ [file]: text }, (folder) => {
    const command = join(ROOT, 'packages', 'server', 'bin', 'armature.js');
    return runNode([command, 'validate', dirname(file)], folder, [0, 1]);
  });
}

/** Parses a program without running it; throws the parser's message. */
export async function stripTypes(fence: Fence): Promise<string> {
  const { code } = await transform(fence.text, { loader: 'ts', target: 'node20', format: 'esm' });
  return code;
}

/** Runs a program against the built packages, in a folder of its own, and returns what it printed. */
export async function runProgram(program: Program): Promise<string> {
  const files = { ...program.files, 'program.mjs': await stripTypes(program) };
  return inFolder(files, (folder) => runNode(['program.mjs'], folder));
}

/** Does something in a folder that holds these files and is gone afterwards; packages are found from it. */
async function inFolder<T>(files: { readonly [name: string]: string }, run: (folder: string) => Promise<T>) {
  const cache = join(ROOT, 'node_modules', '.cache', 'armature');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'program-'));
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    return await run(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Runs Node and returns its standard output; rejects with both outputs when it takes over 25 seconds or ends with
 * another status than those.
 */
export function runNode(args: readonly string[], cwd: string, statuses: readonly number[] = [0]): Promise<string> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined, NODE_OPTIONS: undefined };
    const child = spawn(process.execPath, args, { cwd, env, timeout: 25_000, stdio: ['ignore', 'pipe', 'pipe'] });
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    child.stderr.on('data', (chunk) => {
      err += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code !== null && statuses.includes(code)) resolve(out);
      else reject(new Error(`the program ended with ${code}\n${out}\n${err}`));
    });
  });
}

export const readDocument = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
