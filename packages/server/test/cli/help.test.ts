import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { programOf } from '../../src/cli/run.js';
import { processTerminal } from '../../src/cli/terminal.js';
import { cli } from './recorded-terminal.js';

/** The words that lead to each command, the program itself included. */
function pathsOf(command: Command, path: readonly string[] = []): readonly (readonly string[])[] {
  return [path, ...command.commands.flatMap((child) => pathsOf(child, [...path, child.name()]))];
}

const PATHS = pathsOf(programOf(processTerminal()));
/** Those that do something themselves. */
const LEAVES = PATHS.filter(
  (path) => !PATHS.some((other) => other.length > path.length && path.every((word, i) => word === other[i])),
);

describe('--help', () => {
  test('is there for every command', () => {
    expect(PATHS.length).toBeGreaterThan(15);
  });

  test.each(PATHS.map((path) => [path.join(' ') || '(armature)', path] as const))(
    'of %s describes it, ends with an example that is a line of it, and ends with 0',
    async (_, path) => {
      const { out, err, code } = await cli([...path, '--help']);
      expect([err, code]).toEqual(['', 0]);
      const lines = out.trimEnd().split('\n');
      const begin = ['armature', ...path].join(' ');
      expect(lines[0]).toMatch(new RegExp(`^Usage: ${begin}( |$)`));
      const examples = lines.slice(lines.findIndex((line) => /^Examples?:$/.test(line)) + 1);
      expect(examples.length).toBeLessThan(lines.length);
      expect(examples.length).toBeGreaterThan(0);
      for (const example of examples) expect(example.startsWith(`  $ ${begin}`)).toBe(true);
    },
  );

  test.each(LEAVES.map((path) => [path.join(' '), path] as const))(
    'of %s names no option that the command refuses in its own example',
    async (_, path) => {
      const { out } = await cli([...path, '--help']);
      const options = new Set(out.match(/^ {2,}(?:-\w, )?(--[a-z-]+)/gm)?.map((text) => text.trim().split(' ').at(-1)));
      const example = out
        .slice(out.search(/^Examples?:$/m))
        .split('\n')
        .filter((line) => line.startsWith('  $ '));
      for (const text of example) {
        const own = text.split('&&')[0] ?? '';
        for (const [option] of own.matchAll(/--[a-z-]+/g)) expect(options).toContain(option);
      }
    },
  );
});
