/** The built packages under other versions of Node: `ARMATURE_TEST_NODES` names the programs, separated by colons. */
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { builtBinary } from './built.js';
import { describeWith } from './environment.js';
import { ROOT } from './source-tree.js';

const PROGRAM = `
  import { createClient } from '@armature/sdk';
  import { createClient as createPageClient, forPage } from '@armature/sdk/browser';
  await import('@armature/sdk/policies'); await import('@armature/sdk/protocol'); await import('@armature/sdk/node');
  await import('@armature/sdk/sticky'); await import('@armature/analysis'); await import('@armature/server/local');
  const client = createClient({ experiments: { button: { arms: ['green', 'blue'] } } });
  const page = createPageClient({ url: 'http://127.0.0.1:1', decisions: forPage([client.decide('button', { unit: 'user-1' })]) });
  console.log(page.decide('button').arm);
`;

describeWith('nodes', 'other versions of Node', (nodes) => {
  test.each(nodes.split(':'))(
    '%s imports every entry, decides as this one does, and runs the command',
    (node) => {
      const options = { cwd: ROOT, encoding: 'utf8', timeout: 60_000 } as const;
      const decided = (program: string) => execFileSync(program, ['--input-type=module', '-e', PROGRAM], options);
      expect(decided(node)).toBe(decided(process.execPath));
      expect(execFileSync(node, [builtBinary(), '--help'], options)).toContain('armature');
    },
    120_000,
  );
});
