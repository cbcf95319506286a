import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseExperiments } from '../../src/protocol/file/experiment-file.js';
import { generateCatalogue } from '../../src/protocol/typescript.js';

const yaml = `
experiment: checkout-button
arms: [green, blue]
reward: purchase
metrics: { latency_ms: { type: real } }
---
experiment: reader
arms:
  large: { value: { url: "http://l'arge", retries: 3, tags: [a, 1], extra: {} } }
  small: { value: { url: "http://small", retries: 1, tags: [], extra: {} } }
control: small
---
experiment: price
arms: { low: { value: 9.5 }, high: { value: 12 }, none: { value: null } }
reward: sold
`;

function generated(): string {
  const parsed = parseExperiments(yaml, 'all.yaml');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed));
  return generateCatalogue(parsed.experiments, 'sha256:00');
}

const root = join(import.meta.dirname, '..', '..', '..', '..');
let folder: string;
beforeAll(() => {
  const cache = join(root, 'node_modules', '.cache', 'armature');
  mkdirSync(cache, { recursive: true });
  folder = mkdtempSync(join(cache, 'types-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** What the compiler says of files beside the generated one. */
function compile(files: { readonly [name: string]: string }): string {
  const config = {
    extends: join(root, 'tsconfig.base.json'),
    compilerOptions: {
      noEmit: true,
      composite: false,
      declaration: false,
      declarationMap: false,
      types: ['node'],
      lib: ['ES2023', 'DOM', 'DOM.Iterable'],
      paths: { '@armature/sdk': [join(root, 'packages', 'sdk', 'src', 'index.ts')] },
    },
    include: ['*.ts'],
    exclude: [],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  writeFileSync(join(folder, 'experiments.gen.ts'), generated());
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  try {
    return execFileSync(process.execPath, [compiler, '-p', folder, '--pretty', 'false'], { encoding: 'utf8' });
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

test('the generated file compiles, types a client, and refuses what it does not know', () => {
  const use = `
import { createClient } from '@armature/sdk';
import { experiments } from './experiments.gen.js';
const client = createClient({ url: 'http://127.0.0.1:4400', experiments });
const reader = client.decide('reader', { requestId: 'r-1', default: 'large' });
const retries: number = reader.value.retries;
const button = client.decide('checkout-button', { unit: 'u-1' });
const literal: 'green' | 'blue' = button.value;
const price = client.decide('price');
if (price.arm === 'none') { const nothing: null = price.value; void nothing; }
else { const amount: number = price.value; void amount; }
client.reward(button, { purchase: true, latency_ms: 12 });
client.reward(price, 1);
void [retries, literal];
// @ts-expect-error a misspelt experiment
client.decide('raeder');
// @ts-expect-error a misspelt arm
client.decide('reader', { default: 'lagre' });
// @ts-expect-error an arm of another experiment
if (reader.arm === 'green') throw new Error();
// @ts-expect-error a misspelt metric
client.reward(button, { purchse: 1 });
// @ts-expect-error an experiment without metrics takes no reward
client.reward(reader, 1);
`;
  expect(compile({ 'use.ts': use })).toBe('');
});

test('the same experiments in another order give the same text, which imports from the sdk only', () => {
  const parsed = parseExperiments(yaml, 'all.yaml');
  if (!parsed.ok) throw new Error('the file is good');
  const text = generateCatalogue(parsed.experiments, 'sha256:00');
  expect(generateCatalogue([...parsed.experiments].reverse(), 'sha256:00')).toBe(text);
  expect(text.match(/from '[^']+'/g)).toEqual(["from '@armature/sdk'"]);
});
