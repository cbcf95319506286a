import { existsSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { buildApp, type Logger, silent, virtualClock } from '../src/index.js';
import { decisionOf, idAt, rewardOf, until, type Workspace, workspace } from './workspace.js';

const START = Date.UTC(2026, 10, 24, 12);
const READER = 'experiment: reader\narms: [large, small]\nassign: request\npolicy: thompson\nreward: correct\n';
let space: Workspace;
afterEach(() => space.dispose());

function recorder(): Logger & { readonly lines: { event: string; detail?: unknown }[] } {
  const lines: { event: string; detail?: unknown }[] = [];
  const push = (event: string, fields: { readonly [name: string]: unknown } = {}): void => {
    lines.push({ event, ...(fields.detail === undefined ? {} : { detail: fields.detail }) });
  };
  return { ...silent, info: push, warn: push, error: push, lines };
}

test('a bad edit leaves the last good set in force, says so once, and is forgotten when it is mended', async () => {
  space = await workspace({ 'a.yaml': READER });
  const logger = recorder();
  const engine = await space.open({ clock: virtualClock(START), logger });
  const app = await buildApp(engine);
  const before = engine.snapshot;
  await space.write('a.yaml', READER.replace('thompson', 'thomson'));
  for (let i = 0; i < 2; i += 1) expect(await engine.reload()).toMatchObject({ code: 'EXPERIMENTS_INVALID' });
  expect(engine.snapshot).toBe(before);
  expect(logger.lines.filter((line) => line.event.includes('refused')).length).toBe(1);
  expect(String(logger.lines.at(-1)?.detail)).toMatch(/a\.yaml:4:9 policy: .*thomson.*thompson/);
  const ready = await app.inject({ url: '/readyz' });
  expect(ready.statusCode).toBe(200);
  expect(ready.json()).toMatchObject({ status: 'ready', experiments: { code: 'EXPERIMENTS_INVALID' } });
  await space.write('a.yaml', `${READER}description: mended\n`);
  expect(await engine.reload()).toBeUndefined();
  expect(engine.reloadFault).toBeUndefined();
  expect(engine.snapshot.version).not.toBe(before.version);
  expect((await app.inject({ url: '/readyz' })).json().experiments).toBeUndefined();
  await app.close();
});

test('what is validated and not yet run is refused, at start and while running', async () => {
  space = await workspace({ 'a.yaml': READER });
  const engine = await space.open({ clock: virtualClock(START) });
  await space.write('a.yaml', `${READER}adjust: period\n`);
  const fault = await engine.reload();
  expect(fault).toMatchObject({ code: 'NOT_SUPPORTED_YET' });
  expect(fault?.message).toContain('reader.adjust');
  await engine.close();
  await expect(space.open()).rejects.toMatchObject({ code: 'NOT_SUPPORTED_YET' });
});

test('a change that keeps what was learnt goes on in the same epoch, with a version at once', async () => {
  space = await workspace({ 'a.yaml': READER });
  const clock = virtualClock(START);
  const engine = await space.open({ clock });
  await space.write('a.yaml', READER.replace('[large, small]', '{ large: {}, small: { off: true } }'));
  expect(await engine.reload()).toBeUndefined();
  const reader = engine.snapshot.experiments.reader;
  expect(reader?.version).toBe('1.2');
  expect(reader?.rules).toEqual([{ id: 'policy', weights: [1, 0] }]);
  await space.write('a.yaml', `${READER}ship: small\n`);
  expect(await engine.reload()).toBeUndefined();
  expect(engine.snapshot.experiments.reader?.rules).toEqual([
    { id: 'ship', weights: [0, 1], randomised: false, reason: 'static' },
  ]);
});

test('an experiment whose file is gone is served no more, and its last rewards are still taken', async () => {
  space = await workspace({ 'a.yaml': READER, 'b.yaml': 'experiment: button\narms: [a, b]\n' });
  const clock = virtualClock(START);
  const engine = await space.open({ clock });
  const decision = decisionOf(engine.snapshot, 'reader', 'large', START);
  await engine.ingest([decision]);
  await clock.advance(1000);
  await space.write('a.yaml', 'experiment: other\narms: [a, b]\n');
  expect(await engine.reload()).toBeUndefined();
  expect(Object.keys(engine.snapshot.experiments)).toEqual(['button', 'other']);
  await clock.advance(1000);
  const late = { ...decision, id: idAt(START + 2000), time: new Date(START + 2000).toISOString() };
  const { errors } = await engine.ingest([late, rewardOf('reader', decision.id, { correct: 1 }, START + 2000)]);
  expect(errors).toMatchObject([{ index: 0, code: 'EXPERIMENT_ENDED' }]);
});

test('edits are taken up by themselves, without being asked', async () => {
  space = await workspace({ 'a.yaml': READER });
  const engine = await space.open({ watch: true, partitions: 1 });
  await space.write('b.yaml', 'experiment: button\narms: [a, b]\n');
  await until(() => engine.snapshot.experiments.button !== undefined, 'the new experiment');
});

test('all faults of all files are listed when a start is refused, and the data directory is not touched', async () => {
  space = await workspace({
    'a.yaml': 'experiment: a\narms: [x]\n',
    'b.yaml': 'experiment: b\narms: [x, y]\npolicy: thomson\n',
  });
  const refused = await space.open().catch((cause: unknown) => cause);
  expect(refused).toMatchObject({ code: 'EXPERIMENTS_INVALID' });
  expect(String(refused)).toMatch(/2 faults in 2 of 2 files[\s\S]*a\.yaml:2:7[\s\S]*b\.yaml:3:9/);
  expect(existsSync(space.data)).toBe(false);
});
