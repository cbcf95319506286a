/** The script that every command begins with: its version check and its lock between processes. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { nodeFault, npmEnvironment } from '../scripts/setup.mjs';
import { listFiles, ROOT, readFile } from './source-tree.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'armature-lock-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A process that writes `name in`, waits inside the lock, and writes `name out`. */
function holder(name: string, waitMs: number) {
  const program = `
    import { appendFileSync } from 'node:fs';
    import { withLock } from ${JSON.stringify(join(ROOT, 'scripts', 'lock.mjs'))};
    const say = (word) => appendFileSync('journal', '${name} ' + word + '\\n');
    await withLock('lock', async () => {
      say('in');
      await new Promise((resolve) => setTimeout(resolve, ${waitMs}));
      say('out');
    });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { cwd: folder, stdio: 'ignore' });
  return { child, ended: new Promise<void>((resolve) => child.on('close', () => resolve())) };
}

const journal = () => (existsSync(join(folder, 'journal')) ? readFileSync(join(folder, 'journal'), 'utf8') : '');

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}

test('processes that start together hold the lock one after the other', async () => {
  await Promise.all(['a', 'b', 'c'].map((name) => holder(name, 50).ended));
  const lines = journal().trim().split('\n');
  expect(lines).toHaveLength(6);
  for (let at = 0; at < lines.length; at += 2) {
    expect(lines[at + 1]).toBe(lines[at]?.replace(' in', ' out'));
  }
  expect(existsSync(join(folder, 'lock'))).toBe(false);
});

test('the lock of a killed process is free again', async () => {
  const first = holder('a', 60_000);
  await until(() => journal() === 'a in\n');
  first.child.kill('SIGKILL');
  await first.ended;
  await Promise.all([holder('b', 20).ended, holder('c', 20).ended]);
  expect(journal().trim().split('\n').slice(1).sort()).toEqual(['b in', 'b out', 'c in', 'c out']);
});

test('a child that outlives its killed parent keeps the lock', async () => {
  const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 400)'], { stdio: 'ignore' });
  const started = Date.now();
  const deadParent = 2 ** 22 + 1; // above the largest process id of Linux and macOS
  writeFileSync(join(folder, 'lock'), `${deadParent} ${child.pid}`);
  await holder('a', 0).ended;
  expect(journal()).toBe('a in\na out\n');
  expect(Date.now() - started).toBeGreaterThanOrEqual(390);
});

test.each([
  ['18.20.4', false],
  ['20.18.3', false],
  ['20.19.0', true],
  ['21.0.0', true],
  ['22.1.0', true],
])('Node %s is enough: %s', (version, enough) => {
  expect(nodeFault(version) === undefined).toBe(enough);
});

test('what is too old is told the version it needs and how to get it', () => {
  expect(nodeFault('18.20.4')).toMatch(
    /^Node 20\.19 or newer is needed, this is Node 18\.20\.4\.\nInstall a newer one/,
  );
});

test('the inner npm gets registries and proxies, and not what an outer npm was told to leave out', () => {
  const outer = { npm_config_omit: 'dev', npm_config_workspace: 'x', npm_config_proxy: 'p', PATH: 'path' };
  const kept = Object.keys(npmEnvironment(outer));
  expect(kept).toEqual(['npm_config_proxy', 'PATH']);
});

test('setup imports nothing that has to be installed', () => {
  const scripts = listFiles('scripts', ['.mjs']).filter((path) => /\/(setup|lock)\.mjs$/.test(path));
  const imports = scripts.map(readFile).flatMap((file) => file.imports.map(({ specifier }) => specifier));
  expect(imports.filter((specifier) => !specifier.startsWith('node:'))).toEqual(['./lock.mjs']);
});
