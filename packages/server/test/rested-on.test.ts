import { afterEach, expect, test } from 'vitest';
import { virtualClock } from '../src/index.js';
import { decisionOf, rewardOf, type Workspace, workspace } from './workspace.js';

const FILES = {
  'a.yaml': `experiment: reader
arms: [large, small]
assign: request
policy: thompson
update: 1m
reward: { metric: correct, window: 1s, lateness: 0s }
`,
};
let space: Workspace;
afterEach(() => space.dispose());

test('trials that closed after the last version are news to the next one, also when the server was restarted meanwhile', async () => {
  space = await workspace(FILES);
  const clock = virtualClock(Date.UTC(2026, 10, 24, 12));
  const engine = await space.open({ clock, partitions: 1 });
  const decisions = Array.from({ length: 40 }, (_, n) => {
    return decisionOf(engine.snapshot, 'reader', n % 2 === 0 ? 'large' : 'small', clock.now());
  });
  const rewards = decisions.map(({ id, data }) => {
    return rewardOf('reader', id, { correct: data.arm === 'large' ? 1 : 0 }, clock.now());
  });
  expect(await engine.ingest([...decisions, ...rewards])).toMatchObject({ rejected: 0 });
  await clock.advance(5000); // all have closed, and a minute has not passed
  expect(engine.registry.latest('reader')).toMatchObject({ version: '1.1', trials: 0 });
  await engine.close();
  const again = await space.open({ clock });
  await clock.advance(120_000);
  expect(again.registry.latest('reader')).toMatchObject({ version: '1.2', trials: 40 });
  expect(again.snapshot.experiments.reader?.rules.at(-1)?.weights[0]).toBeGreaterThan(0.9);
});
