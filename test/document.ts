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

/** Parses a program without running it; throws the parser's message. */
export async function stripTypes(fence: Fence): Promise<string> {
  const { code } = await transform(fence.text, { loader: 'ts', target: 'node20', format: 'esm' });
  return code;
}

/** Runs a program against the built packages, in a folder of its own, and returns what it printed. */
export async function runProgram(program: Program): Promise<string> {
  const cache = join(ROOT, 'node_modules', '.cache', 'armature');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'program-'));
  try {
    for (const [name, text] of Object.entries(program.files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    writeFileSync(join(folder, 'program.mjs'), await stripTypes(program));
    return await runNode(['program.mjs'], folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs Node and returns its standard output; rejects with both outputs when it fails or takes over 25 seconds. */
export function runNode(args: readonly string[], cwd: string): Promise<string> {
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
      if (code === 0) resolve(out);
      else reject(new Error(`the program ended with ${code}\n${out}\n${err}`));
    });
  });
}

export const readDocument = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
