import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const run = promisify(execFile);
const example = (path: string) => fileURLToPath(new URL(`../examples/${path}`, import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'armature-examples-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function linesOf(path: string, data: string): Promise<string[]> {
  const { stdout } = await run(process.execPath, [example(path), join(folder, data)], { timeout: 30_000 });
  return stdout.trim().split('\n');
}

test('the quickstart learns which button sells', async () => {
  const [before, after] = await linesOf('quickstart/main.mjs', 'quickstart');
  expect(before).toBe('before: blue 50%, green 50%');
  // blue sells .25 against .10 in about 1,000 visitors each: the posterior is beyond doubt, the floor is 2 %
  expect(after).toBe('after: blue 98%, green 2%');
});

test('the split gives a unit the same arm again, and half of the units each arm', async () => {
  const [split, same, drawn] = await linesOf('ab-split/main.mjs', 'unused');
  const [short, long] = [...(split?.matchAll(/(\d+) (?:short|long)/g) ?? [])].map((match) => Number(match[1]));
  expect(short! + long!).toBe(10_000);
  expect(Math.abs(short! - 5000)).toBeLessThan(250); // five standard deviations
  expect(same).toMatch(/^user-42 sees "(Save 20%.*)", and again "\1"$/);
  expect(drawn).toBe('drawn with probability 0.5 (split)');
});

test('users keep the arm they were drawn while the weights move, also over a restart', async () => {
  const [kept, fresh] = await linesOf('sticky/main.mjs', 'sticky');
  expect(kept).toBe('500 users came back: 0 changed their arm, 500 have the propensity they were drawn with');
  // .2 against .5 in about 250 users each: the posterior is beyond doubt, the floor is 2 %
  expect(fresh).toBe('a new user is drawn by tour 2%, video 98% (split)');
});

test('experiments of one layer share no user, and a holdout keeps out of both', async () => {
  const [users, probability, logged] = await linesOf('layers/main.mjs', 'layers');
  const [, hero, menu, both, held] =
    users?.match(/^5,000 users: (\d+) in hero-image, (\d+) in menu-side, (\d+) in both, (\d+) held out$/) ?? [];
  expect(both).toBe('0');
  expect(Number(hero) + Number(menu) + Number(held)).toBe(5000);
  expect(Math.abs(Number(held) - 500)).toBeLessThan(4 * Math.sqrt(5000 * 0.1 * 0.9)); // binomial, 4 standard errors
  expect(probability).toBe('a user is in hero-image with probability 0.54'); // .9 of the users, .6 of the layer
  expect(logged).toBe('10000 decisions logged, 0 refused');
});

test('a token carries the decision from one service to another, and an invented one is refused', async () => {
  const [counts, matched] = await linesOf('service/main.mjs', 'service');
  const [, decisions, rewards, sent, refused] =
    counts?.match(/^(\d+) decisions .*, (\d+) clicks .* \((\d+) sent, (\d+) refused\)$/) ?? [];
  expect(decisions).toBe('500');
  expect(Number(rewards)).toBeGreaterThan(50);
  expect(sent).toBe(rewards);
  expect(refused).toBe('1');
  expect(matched).toBe(`matched: ${rewards} of ${rewards}`);
});
