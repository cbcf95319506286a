import { describe, expect, test } from 'vitest';
import { createClient } from '../src/index.js';
import { snapshot } from './client-snapshot.js';
import { scriptedTransport } from './scripted-transport.js';

async function online() {
  const client = createClient({ transport: scriptedTransport([], snapshot), refresh: 'manual' });
  expect(await client.ready()).toBe('ready');
  return client;
}

describe('a decision that falls back by a mistake of its caller', () => {
  test('is told once for each code and experiment', async () => {
    const client = await online();
    const told: string[] = [];
    client.on('error', ({ message }) => told.push(message));
    for (let i = 0; i < 3; i += 1) {
      client.decide('raeder');
      client.decide('layout');
      client.with({ unit: 'u-1' }).decide('laoyut');
      client.decide('layout', { unit: 'u-1' });
      client.decideAll();
    }
    const unknown = 'check the name, and that its file is being served';
    expect(told).toEqual([
      `no experiment has this name, got "raeder", ${unknown}`,
      'the experiment is assigned by unit, got "layout", pass { unit } to decide',
      `no experiment has this name, got "laoyut", ${unknown}`,
    ]);
  });

  test('is told where an override of the client names no arm', async () => {
    const overrides = { layout: 'gird' };
    const client = createClient({ transport: scriptedTransport([], snapshot), refresh: 'manual', overrides });
    const told: string[] = [];
    client.on('error', ({ message }) => told.push(message));
    await client.ready();
    for (let i = 0; i < 2; i += 1) expect(client.decide('layout', { unit: 'u' })).toMatchObject({ reason: 'default' });
    expect(told).toEqual([expect.stringContaining('the experiment has no such arm, got "layout", pass one')]);
  });

  test('is printed where nobody listens, and not before there is a snapshot', async () => {
    const lines: string[] = [];
    const transport = scriptedTransport([], snapshot);
    const client = createClient({ transport, refresh: 'manual', logger: { error: (line) => lines.push(line) } });
    client.decide('raeder');
    expect(lines).toEqual([]);
    await client.ready();
    client.decide('raeder');
    expect(lines).toEqual([expect.stringContaining('armature: UNKNOWN_EXPERIMENT: no experiment has this name')]);
  });

  test('is told for a hundred names at most: names from outside do not fill the memory', async () => {
    const client = await online();
    const errors: string[] = [];
    client.on('error', ({ code }) => errors.push(code));
    for (let i = 0; i < 1000; i += 1) client.decide(`n-${i}`);
    expect(errors.length).toBeGreaterThan(90);
    expect(errors.length).toBeLessThanOrEqual(100);
  });
});
