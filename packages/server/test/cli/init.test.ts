import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { STRATEGIES } from '../../src/cli/experiment-text.js';
import { promptsOn } from '../../src/cli/prompts.js';
import { openEngine } from '../../src/index.js';
import { cli, folderOf } from './recorded-terminal.js';

const FLAGS = ['--name', 'checkout', '--arms', 'green,blue', '--metric', 'purchase', '--policy', 'thompson'];

/** Types keys into real prompts, one line of them whenever a question has been asked. */
async function typed(folder: string, lines: readonly string[], args: readonly string[] = []) {
  const [input, output] = [new PassThrough(), new PassThrough()];
  let shown = '';
  let next = 0;
  const questions = [/Name of the/, /Arms, the/, /Metric of/, /Strategy/];
  output.on('data', (chunk: Buffer) => {
    shown += chunk.toString();
    const line = lines[next];
    if (line === undefined || !questions[next]?.test(shown)) return;
    next += 1;
    setTimeout(() => input.write(line), 20);
  });
  const file = join(folder, 'e', 'x.yaml');
  const outcome = await cli(['init', file, ...args], { prompts: promptsOn(input, output) });
  return { ...outcome, file };
}

describe('init', () => {
  test('writes the shortest file that says it, checks it, and names the next three commands', async () => {
    const folder = folderOf();
    const file = join(folder, 'e', 'checkout.yaml');
    const { out, err, code } = await cli(['init', file, ...FLAGS]);
    expect([err, code]).toEqual(['', 0]);
    const [first, ...rest] = readFileSync(file, 'utf8').split('\n');
    expect(first).toMatch(
      /^# yaml-language-server: \$schema=.*\/node_modules\/@armature\/sdk\/schemas\/experiment\.schema\.json$/,
    );
    expect(rest).toEqual(['experiment: checkout', 'arms: [green, blue]', 'policy: thompson', 'reward: purchase', '']);
    expect(out).toContain('1 experiment in 1 file is valid\n');
    expect(out.split('\n').filter((line) => line.startsWith('  $ armature '))).toHaveLength(3);
  });

  test('names commands that a shell takes, also for a folder with blanks and quotes in its name', async () => {
    const folder = join(folderOf(), "it's here");
    const { out } = await cli(['init', join(folder, 'x.yaml'), ...FLAGS]);
    const line = out.split('\n').find((each) => each.includes('--experiments'));
    const given = execFileSync('sh', ['-c', `printf %s ${line?.split('--experiments ')[1]}`], { encoding: 'utf8' });
    expect(given).toBe(folder);
  });

  test('writes what validate and serve take, for every strategy and names of every kind', async () => {
    const names = ['a', 'checkout-button', 'v1.10', '1.10', 'true', 'null', 'no', '2026-11-24', '1e3', 'x_y'];
    const lists = ['green,blue', 'a, b, c', '1.0,2.0', 'yes,no', '0x1,null'];
    const folder = folderOf();
    let count = 0;
    // Names that look like something else stay as they are in folders of their own; the others are served together.
    for (const policy of STRATEGIES) {
      for (const name of names) {
        for (const arms of lists) {
          const file = join(folder, 'e', `${count}.yaml`);
          const args = ['--name', `${name}-${count}`, '--arms', arms, '--metric', name, '--policy', policy, '--force'];
          const named = count % 2 === 0 ? args : args.with(1, name);
          const target = count % 2 === 0 ? file : join(folder, `one-${count}`, 'e.yaml');
          const { err, code } = await cli(['init', target, ...named]);
          expect([named, err, code]).toEqual([named, '', 0]);
          count += 1;
          if (target === file) continue;
          const data = `${target}.data`;
          const alone = await openEngine({ experiments: join(target, '..'), data, partitions: 1, watch: false });
          expect(Object.keys(alone.snapshot.experiments)).toEqual([name]);
          await alone.close();
        }
      }
    }
    expect(count).toBe(200);
    expect((await cli(['validate', join(folder, 'e')])).out).toBe('100 experiments in 100 files are valid\n');
    const engine = await openEngine({ experiments: join(folder, 'e'), data: join(folder, 'data'), watch: false });
    expect(Object.keys(engine.snapshot.experiments)).toHaveLength(100);
    await engine.close();
  }, 60_000);

  test('asks four questions, with a default for each', async () => {
    const { file, code } = await typed(folderOf(), ['\r', '\r', '\r', '\r']);
    expect(code).toBe(0);
    expect(readFileSync(file, 'utf8')).toMatch(
      /\nexperiment: my-experiment\narms: \[control, treatment\]\nreward: conversion\n$/,
    );
  });

  test('takes the answers that are typed and chosen', async () => {
    const { file } = await typed(folderOf(), ['shop\r', 'a,b,c\r', 'click\r', '\u001b[B\r']);
    expect(readFileSync(file, 'utf8')).toMatch(
      /\nexperiment: shop\narms: \[a, b, c\]\npolicy: thompson\nreward: click\n$/,
    );
  });

  test('writes nothing where the person breaks off', async () => {
    const { file, err, code } = await typed(folderOf(), ['shop\r', '\u0003']);
    expect([err, code]).toEqual(['nothing was written\n', 1]);
    expect(existsSync(file)).toBe(false);
  });

  test('asks nothing where nobody sits: it needs the flags, or --yes', async () => {
    const file = join(folderOf(), 'x.yaml');
    const { err, code } = await cli(['init', file, '--name', 'shop']);
    expect(code).toBe(64);
    expect(err).toBe(
      'USAGE: the command cannot be read, got no --arms, --metric, --policy, and nobody to ask, give the flags, or take the defaults with --yes\n',
    );
    expect(existsSync(file)).toBe(false);
    expect((await cli(['init', file, '--name', 'shop', '--yes'])).code).toBe(0);
  });

  test('never writes over a file without --force', async () => {
    const file = join(folderOf({ 'x.yaml': 'experiment: mine\narms: [a, b]\n' }), 'x.yaml');
    const refused = await cli(['init', file, ...FLAGS]);
    expect([refused.code, readFileSync(file, 'utf8')]).toEqual([1, 'experiment: mine\narms: [a, b]\n']);
    expect(refused.err).toMatch(/^FILE_EXISTS: .*--force/);
    expect((await cli(['init', file, ...FLAGS, '--force'])).code).toBe(0);
    expect(readFileSync(file, 'utf8')).toContain('experiment: checkout');
  });

  test.each([
    [['--name', 'Check Out'], /^EXPERIMENTS_INVALID: .*experiment/s],
    [['--arms', 'one'], /^EXPERIMENTS_INVALID: .*arms/s],
    [['--arms', 'a,a'], /^EXPERIMENTS_INVALID: .*arms/s],
    [['--metric', 'a b'], /^EXPERIMENTS_INVALID: .*reward/s],
    [['--name', 'x\ny: z'], /^EXPERIMENTS_INVALID: /],
  ])('refuses %j with what is wrong, and writes nothing', async (args, message) => {
    const file = join(folderOf(), 'e.yaml');
    const { err, code } = await cli(['init', file, '--yes', ...args]);
    expect(code).toBe(1);
    expect(err).toMatch(message);
    expect(existsSync(file)).toBe(false);
  });

  test('refuses a name that another file of the folder has', async () => {
    const folder = folderOf({ 'a.yaml': 'experiment: checkout\narms: [a, b]\n' });
    const { err, code } = await cli(['init', join(folder, 'b.yaml'), ...FLAGS]);
    expect(code).toBe(1);
    expect(err).toMatch(/^NAME_TAKEN: .*a\.yaml/);
    expect(existsSync(join(folder, 'b.yaml'))).toBe(false);
  });
});
