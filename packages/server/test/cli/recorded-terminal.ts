import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pc from 'picocolors';
import { afterAll } from 'vitest';
import type { Prompts } from '../../src/cli/prompts.js';
import { run } from '../../src/cli/run.js';
import type { Terminal } from '../../src/cli/terminal.js';

/** What a command printed and ended with. */
export interface Outcome {
  readonly out: string;
  readonly err: string;
  readonly code: number;
}

export interface Setting {
  readonly now?: number;
  readonly variables?: { readonly [name: string]: string };
  /** Advances by this many ms at each look at the clock. */
  readonly stepMs?: number;
  readonly live?: boolean;
  readonly prompts?: Prompts;
}

/** Runs a command line against a terminal that remembers. */
export async function cli(args: readonly string[], setting: Setting = {}): Promise<Outcome> {
  const [out, err]: [string[], string[]] = [[], []];
  let code = 0;
  let now = setting.now ?? Date.UTC(2026, 10, 24, 13, 0);
  const terminal: Terminal = {
    out: (line) => void out.push(`${line}\n`),
    write: async (text) => void out.push(text),
    err: (line) => void err.push(`${line}\n`),
    status: (line) => void err.push(`<${line}>`),
    live: setting.live ?? false,
    interactive: false,
    prompts: setting.prompts,
    colours: pc.createColors(false),
    colour: false,
    errorColours: pc.createColors(false),
    columns: 100,
    debug: false,
    variable: (name) => setting.variables?.[name],
    now() {
      now += setting.stepMs ?? 0;
      return now;
    },
    exit(next) {
      code = next;
    },
  };
  await run(args, terminal);
  return { out: out.join(''), err: err.join(''), code };
}

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A new folder with these files, removed when the test file is done. */
export function folderOf(files: { readonly [path: string]: string } = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'armature-cli-'));
  folders.push(folder);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}
