import { stat } from 'node:fs/promises';
import { layoutOf } from '@armature/analysis/log';
import { createClient } from '@armature/sdk';
import { afterEach, expect, test } from 'vitest';
import { virtualClock } from '../src/index.js';
import { openLocal } from '../src/local.js';
import { type Workspace, workspace } from './workspace.js';

const FILE = `experiment: reader
arms: [large, small]
assign: request
policy: thompson
update: 50ms
reward: { metric: correct, maturity: immediate, missing: ignored }
`;
let space: Workspace;
afterEach(() => space.dispose());

test('a client in the same process decides, rewards and sees its own weights move', async () => {
  space = await workspace({ 'a.yaml': FILE });
  const clock = virtualClock(Date.UTC(2026, 10, 24));
  const transport = await openLocal({ experiments: space.experiments, data: space.data, watch: false, clock });
  const client = createClient({ transport, now: clock.now });
  expect(await client.ready()).toBe('ready');
  for (let i = 0; i < 60; i += 1) {
    const decision = client.decide('reader', {});
    expect(decision.reason).toBe('split');
    const success = decision.arm === 'small';
    if (i % 2 === 0) client.reward(decision, success);
    else client.reward(decision.token, success);
    await client.flush();
    await clock.advance(60);
  }
  await clock.advance(100);
  const decision = client.decide('reader');
  expect(decision.propensities.small).toBeGreaterThan(0.9);
  const counts = await client.close();
  expect(counts).toMatchObject({ queued: 0, dropped: { rejected: 0, closed: 0 } });
  await expect(transport.send([])).rejects.toMatchObject({ code: 'CLOSED', retryable: true });
});

test('the signing key is kept in the data directory, for its owner alone, over restarts', async () => {
  space = await workspace({ 'a.yaml': FILE });
  const options = { experiments: space.experiments, data: space.data, watch: false };
  const first = await openLocal(options);
  const key = first.tokenKey;
  await first.close();
  expect((await stat(layoutOf(space.data).signingKey)).mode & 0o777).toBe(0o600);
  const second = await openLocal(options);
  expect(second.tokenKey).toEqual(key);
  await second.close();
});
