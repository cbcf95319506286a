import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { encodeGroup, encodeHeader, encodeRecord, segmentName } from '@armature/analysis/log';
import { describe, expect, test } from 'vitest';
import { builtBinary } from '../../../../test/built.js';
import { cli, folderOf } from './recorded-terminal.js';

/** The real program, built: what a shell sees of it. */
const BINARY = builtBinary();
const GOOD = 'experiment: button\narms: [green, blue]\nreward: purchase\n';

function armature(args: readonly string[], variables: NodeJS.ProcessEnv = {}, cwd?: string) {
  const { FORCE_COLOR, NO_COLOR, ...rest } = process.env;
  const options = { encoding: 'utf8', timeout: 20_000, env: { ...rest, ...variables } } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [BINARY, ...args], { ...options, cwd });
  return { status, stdout, stderr };
}

const commandsOf = (help: string): string[] =>
  [...help.matchAll(/^ {2}([a-z]+)/gm)].map((match) => match[1]!).filter((name) => name !== 'help');

describe('the program', () => {
  test('tells its commands and its version', () => {
    const help = armature(['--help']);
    expect(help.status).toBe(0);
    const wanted = ['validate', 'types', 'serve', 'decide', 'report', 'export', 'import', 'replay', 'log', 'schema'];
    expect(commandsOf(help.stdout)).toEqual(expect.arrayContaining(wanted));
    expect(armature(['--version']).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test('shows an example with the help of each command', async () => {
    for (const command of commandsOf((await cli(['--help'])).out)) {
      expect((await cli([command, '--help'])).out).toContain(`$ armature ${command}`);
    }
  });

  test.each([
    [['frobnicate'], 64, "USAGE: unknown command 'frobnicate'"],
    [['report', '--from', '2026-11-23'], 64, 'Write a time in UTC such as 2026-11-23T05:00:00Z.'],
    [['report', '--from', '2026-11-23T05:00:00+01:00'], 64, 'It is not RFC 3339 in UTC.'],
    [['schema', 'everything'], 64, 'Allowed choices are experiment, event, snapshot.'],
    [['report', 'nowhere'], 1, 'LOG_MISSING: the folder holds no log, got nowhere'],
    [['validate', 'nowhere'], 1, 'FILE_UNREADABLE: '],
    [['serve', '--experiments', 'nowhere'], 78, 'EXPERIMENTS_MISSING: '],
    [['serve', '--host', '0.0.0.0'], 78, 'LOOPBACK_ONLY: '],
  ])('%j ends with %i and says why, without a stack', (args, status, message) => {
    const outcome = armature(args, {}, folderOf());
    expect(outcome.status).toBe(status);
    expect(outcome.stderr).toContain(message);
    expect(outcome.stderr).not.toMatch(/^\s+at /m);
    expect(outcome.stdout).toBe('');
  });

  test('serve lists every fault of the experiment files and ends with 78', () => {
    const folder = folderOf({
      'a.yaml': 'experiment: a\narms: [x]\npolicy: thomson\n',
      'b.yaml': `${GOOD}traffic: 1\n`,
    });
    const { status, stderr } = armature(['serve', '--experiments', folder, '--data', join(folder, 'data')]);
    expect(status).toBe(78);
    expect(stderr).toMatch(/^EXPERIMENTS_INVALID: .*3 faults in 2 of 2 files/);
    expect(stderr.match(/(a|b)\.yaml:\d+:\d+ /g)).toHaveLength(3);
  });

  test('an unforeseen failure is one line, and its details are there for the asking', () => {
    // a config log whose check is right and whose record is none: no server writes that
    const record = encodeRecord({ offset: 0, at: 0, event: { type: 'dev.armature.snapshot.v1' } });
    const header = encodeHeader({ log: 'L', stream: 'config', base: 0, schema: 1 });
    const folder = folderOf({
      'log.json': '{"schema":1,"id":"L","partitions":1}',
      [`config/${segmentName(0)}`]: Buffer.concat([header, encodeGroup([record])]).toString(),
    });
    const { status, stderr } = armature(['report', folder]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^UNEXPECTED: the command failed in an unforeseen way, got .*ARMATURE_DEBUG=1.*\n$/);
    expect(armature(['report', folder], { ARMATURE_DEBUG: '1' }).stderr).toMatch(/\n\s+at /);
  });

  test('keys that were meant to close the server and do not are refused', () => {
    const folder = folderOf({ 'a.yaml': GOOD });
    const serve = (keys: string) =>
      armature(['serve', '--experiments', folder, '--data', join(folder, 'data'), '--port', '0'], {
        ARMATURE_API_KEYS: keys,
      });
    for (const keys of [' , ', 'a', 'a-key-that-is-long-enough,short']) {
      const { status, stderr } = serve(keys);
      expect(status, keys).toBe(78);
      expect(stderr).toMatch(/^API_KEYS_INVALID: /);
      expect(stderr).not.toContain('long-enough');
    }
  });

  test('a broken log.json is named, in one line', () => {
    const { status, stderr } = armature(['report', folderOf({ 'log.json': '{' })]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^LOG_DAMAGED: .*log\.json.*\n$/);
  });

  test('colours only where somebody looks, and never against NO_COLOR', () => {
    const folder = folderOf({ 'a.yaml': GOOD });
    const coloured = (variables: NodeJS.ProcessEnv) =>
      armature(['validate', folder], variables).stdout.includes('\u001b');
    expect(coloured({})).toBe(false);
    expect(coloured({ FORCE_COLOR: '1' })).toBe(true);
    expect(coloured({ FORCE_COLOR: '1', NO_COLOR: '1' })).toBe(false);
  });

  test('a reader that goes away is no fault', async () => {
    const child = spawn(process.execPath, [BINARY, 'schema', 'event'], { stdio: ['ignore', 'pipe', 'pipe'] });
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.stdout.destroy();
    const [code] = await once(child, 'exit');
    expect([code, stderr]).toEqual([0, '']);
  });

  test('serve tells its address, answers, and ends with 0 on SIGTERM', async () => {
    const folder = folderOf({ 'experiments/a.yaml': GOOD });
    const child = spawn(process.execPath, [BINARY, 'serve', '--port', '0'], { cwd: folder, stdio: 'pipe' });
    const [line] = await once(child.stdout.setEncoding('utf8'), 'data');
    const url =
      /^listening on (http:\S+) · open to this machine, no API keys · 1 experiment · data in \.armature\n$/.exec(
        line,
      )?.[1];
    expect(url).toBeDefined();
    const decided = armature(['decide', 'button', '--unit', 'u-1', '--url', url!, '--log', '--json']);
    expect(JSON.parse(decided.stdout)).toMatchObject({ logged: true, decision: { reason: 'split' } });
    // a running server holds the lock; report, export and replay read beside it
    const reading = { '--json': ['report', '.armature', '--json'], rows: ['export'], replay: ['replay'] };
    for (const args of Object.values(reading))
      expect(armature(args, {}, folder)).toMatchObject({ status: 0, stderr: '' });
    child.kill('SIGTERM');
    expect((await once(child, 'exit'))[0]).toBe(0);
    expect(armature(['replay'], {}, folder).stdout).toContain('4 of 4 checkpoints compared, all the same bytes');
  });
});
