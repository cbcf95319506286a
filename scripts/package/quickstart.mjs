/** The program of the README's first screen, run where a user would run it. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { transformSync } from 'esbuild';

const FIRST_PROGRAM = /```ts\n([\s\S]*?)```\s+```text\n([\s\S]*?)```/;
const MINUTE_MS = 60_000;

/**
 * @param readme path of the README
 * @param folder where the packages are installed and nothing else is
 * @returns one line if the program does not print there what stands below it
 */
export function quickstartFaults(readme, folder) {
  const [, program, output] = FIRST_PROGRAM.exec(readFileSync(readme, 'utf8')) ?? [];
  if (program === undefined) return ['README.md has no program with its output'];
  writeFileSync(join(folder, 'quickstart.mjs'), transformSync(program, { loader: 'ts' }).code);
  const options = { cwd: folder, encoding: 'utf8', timeout: MINUTE_MS };
  const { stdout, stderr } = spawnSync(process.execPath, ['quickstart.mjs'], options);
  return stdout === output ? [] : [`the README's program prints ${JSON.stringify(stdout)} ${stderr.slice(-500)}`];
}
