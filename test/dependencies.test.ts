/** What comes with the packages: the rules by which it is judged, and what stands in the lockfile now. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isAllowed, lockedDependencies } from '../scripts/package/locked-dependencies.mjs';
import { ROOT } from './source-tree.js';

const locked = (entries: object) => lockedDependencies({ packages: { '': {}, ...entries } });

test('what is installed with the packages may be handed on, and runs nothing on install', () => {
  const { production, faults } = lockedDependencies(JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')));
  expect(faults).toEqual([]);
  expect(production.map(({ name }: { name: string }) => name)).toEqual(expect.arrayContaining(['fastify', 'zod']));
});

test.each([
  ['MIT', true],
  ['(MIT OR GPL-3.0-only)', true],
  ['(MIT AND GPL-3.0-only)', false],
  ['AGPL-3.0-only', false],
  ['SEE LICENSE IN FILE', false],
])('the licence %s is allowed: %s', (expression, allowed) => {
  expect(isAllowed(expression)).toBe(allowed);
});

test('a package without a licence and one with a script are named, development tools only for their scripts', () => {
  const { production, faults } = locked({
    'packages/sdk': { version: '1.0.0' },
    'node_modules/a': { version: '1.0.0' },
    'node_modules/b/node_modules/c': { version: '2.0.0', license: 'MIT', hasInstallScript: true },
    'node_modules/d': { version: '3.0.0', dev: true, license: 'GPL-3.0-only', hasInstallScript: true },
    'node_modules/esbuild': { version: '4.0.0', dev: true, license: 'MIT', hasInstallScript: true },
  });
  expect(production).toHaveLength(2);
  expect(faults).toEqual([
    'a@1.0.0 has a licence to look at: none',
    'c@2.0.0 runs a script when it is installed',
    'd@3.0.0 runs a script when it is installed',
  ]);
});
