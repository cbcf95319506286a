import { spawnSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { builtProgram } from '../../../test/built.js';

const MODULE = pathToFileURL(builtProgram('packages/server/dist/fail-point.js'));

/** Passes some fail points in a process of its own. */
function pass(variable: string | undefined, names: readonly string[]) {
  const calls = names.map((name) => `failPoint('${name}'); console.log('${name}');`).join('\n');
  const { ARMATURE_FAILPOINT: _, ...rest } = process.env;
  const env = variable === undefined ? rest : { ...rest, ARMATURE_FAILPOINT: variable };
  const { stdout, stderr, signal, status } = spawnSync(
    process.execPath,
    ['--input-type=module', '-e', `import { failPoint } from '${MODULE.href}';\n${calls}`],
    { encoding: 'utf8', env, timeout: 20_000 },
  );
  return { passed: stdout.split('\n').filter((line) => line !== ''), stderr, signal, status };
}

test('a fail point ends the process at the call that the variable names, and at no other', () => {
  const names = ['before-commit', 'after-commit', 'before-commit', 'after-commit', 'before-commit'];
  expect(pass('after-commit@2', names)).toMatchObject({ passed: names.slice(0, 3), signal: 'SIGKILL' });
  expect(pass('mid-align@1', names)).toMatchObject({ passed: names, signal: null, status: 0 });
  expect(pass(undefined, names)).toMatchObject({ passed: names, signal: null, status: 0 });
  expect(pass('', names)).toMatchObject({ passed: names, status: 0 });
});

test('a variable that names no fail point is refused, and those that there are are told', () => {
  for (const wrong of ['before-comit@1', 'before-commit', 'before-commit@0', '@1']) {
    const { status, stderr } = pass(wrong, []);
    expect(status).toBe(1);
    expect(stderr).toContain(`got "${wrong}"`);
    expect(stderr).toContain('write one of before-commit, after-commit, before-ack');
  }
});
