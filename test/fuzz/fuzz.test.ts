import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { ROOT } from '../source-tree.js';
import { faultOf } from './invariants.js';
import { inputOf, minimised } from './mutate.js';
import type { Target } from './target.js';
import { REAL, TARGETS } from './targets.js';

/** Of each target as many as fit into a minute of CPU for all of them; ARMATURE_FUZZ_CASES asks for another number of each. */
const CASES: { readonly [target: string]: number } = { experiment: 40_000, segment: 40_000, head: 20_000 };
const casesOf = (name: string): number => Number(process.env.ARMATURE_FUZZ_CASES ?? CASES[name] ?? 100_000);
const LONGEST_MS = 600_000;
const keep = mkdtempSync(join(tmpdir(), 'armature-fuzz-'));
afterAll(() => rmSync(keep, { recursive: true, force: true }));

interface Result {
  readonly target: string;
  readonly findings: readonly { readonly index: number; readonly kind: string; readonly detail: string }[];
  readonly heapGrowth: number;
}

/** The command itself, in a process of its own. */
function fuzz(name: string, cases: number, ...more: string[]): Promise<Result> {
  const args = ['scripts/fuzz.mjs', '--json', '--target', name, '--cases', String(cases), '--keep', keep, ...more];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd: ROOT, timeout: LONGEST_MS }, (_error, out, err) => {
      try {
        resolve((JSON.parse(out) as Result[])[0]!);
      } catch {
        reject(new Error(`the fuzzer said: ${out}${err}`));
      }
    });
  });
}

describe('any bytes', () => {
  test.each(REAL.map(({ name }) => [name, casesOf(name)] as const))(
    'at the door %s give only coded answers, %i times',
    async (name, cases) => {
      const { findings } = await fuzz(name, cases);
      expect(findings).toEqual([]);
    },
    LONGEST_MS,
  );
});

describe('the fuzzer finds a fault that is there', () => {
  test.each([
    ['broken-crash', 'crash', 20_000],
    ['broken-prototype', 'prototype', 1000],
    ['broken-slow', 'hang', 30],
    ['broken-memory', 'memory', 20_000],
    ['broken-endless', 'hang', 100],
  ])(
    'of %s: %s within %i cases',
    async (name, kind, cases) => {
      const { findings } = await fuzz(name, cases);
      expect(findings.length).toBeGreaterThan(0);
      expect(new Set(findings.map((finding) => finding.kind))).toEqual(new Set([kind]));
    },
    60_000,
  );

  test('and makes its input smaller, as long as it fails', async () => {
    const target = TARGETS.find(({ name }) => name === 'broken-crash') as Target;
    const input = Buffer.from('{"list":[1,2,3],"name":["a","b"],"value":1}');
    const fails = async (bytes: Buffer): Promise<boolean> => (await faultOf(target, bytes))?.kind === 'crash';
    expect(await fails(input)).toBe(true);
    const smallest = await minimised(input, fails);
    expect(smallest.length).toBeLessThan(input.length / 1.8);
    expect(await fails(smallest)).toBe(true);
  });
});

test('a case is a function of the seed and its number, and a run goes on where it was', async () => {
  const [target] = REAL as readonly [Target];
  expect(inputOf(target, 7, 42)).toEqual(inputOf(target, 7, 42));
  expect(inputOf(target, 7, 42)).not.toEqual(inputOf(target, 8, 42));
  await fuzz('token', 2000, '--seed', '99');
  const resumed = (await fuzz('token', 3000, '--seed', '99', '--resume')) as Result & { readonly from: number };
  expect(resumed.from).toBe(2000);
});

const FIXTURES = join(ROOT, 'test', 'fixtures', 'fuzz');
const kept = REAL.flatMap((target) => {
  const folder = join(FIXTURES, target.name);
  return existsSync(folder) ? readdirSync(folder).map((file) => [target.name, file, target] as const) : [];
});

test('inputs that failed once are answered now', async () => {
  const faults: string[] = [];
  for (const [name, file, target] of kept) {
    await target.open?.();
    const fault = await faultOf(target, readFileSync(join(FIXTURES, name, file)));
    await target.close?.();
    if (fault !== undefined) faults.push(`${name}/${file}: ${fault.message}`);
  }
  expect(faults).toEqual([]);
});
