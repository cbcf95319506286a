import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cli, folderOf } from './recorded-terminal.js';

const GOOD = 'experiment: button\narms: [green, blue]\nreward: purchase\n';
const BAD = `experiment: ranker
arms:
  v7: { backend: "http://ranker-v7:8001/v2/models/ranker" }
  v8: { backend: "http://ranker-v8:8001/v2/models/ranker" }
rollout: { arm: v8, steps: [1, 5%, 25%, 50%, 100%], bake: 10m }
guardrails:
  - { mean: error, max: 1% }
  - { p99: latency, max: 40 }
`;

/** Output with the folder's path taken out. */
async function validate(files: { readonly [path: string]: string }, ...args: string[]) {
  const folder = folderOf(files);
  const { out, err, code } = await cli(['validate', folder, ...args]);
  return { code, out: out.replaceAll(`${folder}/`, ''), err: err.replaceAll(folder, 'F') };
}

describe('validate', () => {
  test('prints every fault with its place, then the count, and ends with 1', async () => {
    const files = { 'a.yaml': GOOD, 'notes.txt': 'x', 'ranker.yaml': BAD, 'z.yml': GOOD.replace('button', 'z') };
    expect(await validate(files)).toEqual({
      code: 1,
      err: '',
      out: `ranker.yaml:5:29 rollout.steps[0]: a share without unit, got 1, write 1% or 100%
ranker.yaml:8:12 guardrails[1].p99: unknown metric, got "latency", did you mean latency_ms?
2 faults in 1 of 3 files
`,
    });
  });

  test('says how many are valid', async () => {
    expect(await validate({ 'a.yaml': GOOD })).toEqual({ code: 0, err: '', out: '1 experiment in 1 file is valid\n' });
  });

  test('accepts what this version does not run, and notes it', async () => {
    const { code, out } = await validate({ 'a.yaml': `${GOOD}adjust: period\n` });
    expect(code).toBe(0);
    expect(out).toBe(
      'note button.adjust: this version validates it and does not run it, got period, use none\n1 experiment in 1 file is valid\n',
    );
  });

  test('prints the same as JSON', async () => {
    const { code, out } = await validate({ 'ranker.yaml': BAD }, '--json');
    const { faults, ...rest } = JSON.parse(out);
    expect(code).toBe(1);
    expect(rest).toEqual({
      ok: false,
      files: 1,
      experiments: [],
      notYetRun: [],
      warnings: [],
      summary: '2 faults in 1 of 1 file',
    });
    expect(faults[0]).toMatchObject({ file: 'ranker.yaml', line: 5, col: 29, path: 'rollout.steps[0]', got: '1' });
  });

  test('reads single files, each once', async () => {
    const file = join(folderOf({ 'a.yaml': GOOD }), 'a.yaml');
    expect((await cli(['validate', file, file])).out).toBe('1 experiment in 1 file is valid\n');
  });

  test.each([
    [{}, [], 'NO_EXPERIMENTS: there is no experiment file, got F, name a folder'],
    [{}, ['nowhere.yaml'], 'FILE_UNREADABLE: the file cannot be read, got nowhere.yaml: ENOENT, check'],
  ])('refuses a folder of %j with %j', async (files, args, message) => {
    const { code, err } = await validate(files, ...args);
    expect(code).toBe(1);
    expect(err).toContain(message);
  });

  test('warns of what looks like a secret, without repeating it, and ends with 0', async () => {
    const { out, code } = await validate({
      'a.yaml': 'experiment: a\narms: { x: { value: sk-0123456789abcdefgh }, y: }\n',
    });
    expect(code).toBe(0);
    expect(out).toMatch(/^warning a\.arms\.x\.value: what looks like a secret/);
    expect(out).not.toContain('0123456789');
  });

  test('shows control characters of a file as marks', async () => {
    const { out } = await validate({ 'a.yaml': 'experiment: "a\\e[31m"\narms: [x, y]\n' });
    expect(out).not.toContain('\u001b');
    expect(out).toContain('1 fault in 1 of 1 file');
  });
});

describe('types', () => {
  test('writes the file that its check accepts, until the experiments say something else', async () => {
    const folder = folderOf({ 'e/a.yaml': GOOD });
    const { out, code } = await cli(['types', join(folder, 'e')]);
    expect(code).toBe(0);
    expect(out).toContain("import type { Catalogue } from '@armature/sdk';");
    const written = folderOf({ 'e/a.yaml': `${GOOD}description: other words\n`, 'gen.ts': out });
    const check = ['--check', join(written, 'gen.ts')];
    expect((await cli(['types', join(written, 'e'), ...check])).code).toBe(0);
    const changed = folderOf({ 'a.yaml': GOOD.replace('blue', 'red') });
    const outdated = await cli(['types', changed, ...check]);
    expect(outdated.code).toBe(1);
    expect(outdated.err).toMatch(/^TYPES_OUTDATED: .*run `armature types /);
  });

  test('checks a file whose quotes a formatter has changed', async () => {
    const folder = folderOf({ 'e/a.yaml': GOOD });
    const { out } = await cli(['types', join(folder, 'e')]);
    const formatted = folderOf({ 'gen.ts': out.replaceAll("'", '"') });
    expect((await cli(['types', join(folder, 'e'), '--check', join(formatted, 'gen.ts')])).code).toBe(0);
  });

  test('prints every fault of the experiment files instead', async () => {
    const { err, out, code } = await cli(['types', folderOf({ 'ranker.yaml': BAD })]);
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(/^EXPERIMENTS_INVALID: .*\n.*ranker.yaml:5:29 .*\n.*ranker.yaml:8:12 /);
  });

  test('refuses to check a file that is not there', async () => {
    const { err, code } = await cli(['types', folderOf({ 'a.yaml': GOOD }), '--check', 'nowhere.ts']);
    expect(code).toBe(1);
    expect(err).toContain('FILE_UNREADABLE: the file cannot be read, got nowhere.ts: ENOENT');
  });
});

describe('schema', () => {
  test.each(['experiment', 'event', 'snapshot'])('prints that of %s', async (name) => {
    const { out, code } = await cli(['schema', name]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ $schema: expect.stringContaining('draft-07'), title: `Armature ${name}` });
  });
});
