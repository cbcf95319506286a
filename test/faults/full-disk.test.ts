import { spawnSync } from 'node:child_process';
import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '@armature/analysis';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { describeWith } from '../environment.js';
import { reportRow } from './fault-report.js';
import { BINARY, freePort, type ServerProcess, serverProcess } from './server-process.js';
import { recordsOf } from './whole-log.js';
import { createWriter } from './writer.js';

let folder: string;
let server: ServerProcess;

/** Takes all the space that is left but so many bytes. */
function fill(left: number): void {
  const { bavail, bsize } = statfsSync(folder);
  writeFileSync(join(folder, 'ballast'), Buffer.alloc(bavail * bsize));
  if (left > 0) writeFileSync(join(folder, 'ballast'), Buffer.alloc(bavail * bsize - left));
}

const empty = (): void => rmSync(join(folder, 'ballast'), { force: true });

async function post(path: string, body: unknown) {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${server.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: response.status, retryAfter: response.headers.get('retry-after'), body: await response.json() };
}

/** An answer to a batch on a disk without space. A checkpoint may free some just then: it is used up again. */
async function refusedBatch(id: string) {
  const event = { specversion: '1.0', type: 'dev.armature.exposure.v1', source: '/test', padding: 'x'.repeat(16_384) };
  const data = { experiment: 'clicks', decision: 'd-1' };
  for (let n = 0; n < 500; n += 1) {
    const time = new Date().toISOString();
    const answer = await post('/v1/events', [{ ...event, id: `${id}-${n}`, time, data }]);
    if (answer.status !== 200) return answer;
  }
  throw new Error('a disk that does not fill up');
}

const armature = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BINARY, ...args], { encoding: 'utf8' });
  return { status, stdout, stderr };
};

describeWith('mount', 'a real disk of two mebibytes', () => {
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'armature-full-'));
    expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'armature', folder]).status).toBe(0);
    const flags = ['--segment-bytes', '16KiB'];
    server = serverProcess({ data: join(folder, 'data'), port: await freePort(), partitions: 1, flags });
  });
  afterEach(async () => {
    await server.kill();
    spawnSync('umount', [folder]);
    await rm(folder, { recursive: true, force: true });
  });

  test('that fills up refuses writers, serves the others, and goes on by itself when there is space', async () => {
    await server.start();
    const writer = createWriter(server.url, createRandom(5), 10, 0.1);
    let rounds = 0;
    for (const left of [0, 4096, 20_000, 61_440]) {
      for (let n = 0; n < 4; n += 1) await writer.step();
      await writer.finish();
      const before = writer.accepted.size;
      fill(left);
      let refused = await post('/v1/decide', { experiments: ['clicks'] });
      for (let n = 0; refused.body.decisions?.[0].error !== 'DISK_FULL'; n += 1) {
        expect(n).toBeLessThan(500);
        await writer.step();
        refused = await post('/v1/decide', { experiments: ['clicks'] });
      }
      expect(refused.body.decisions).toMatchObject([{ reason: 'default', randomised: false, propensity: 1 }]);
      const answer = await refusedBatch(`e-${left}`);
      expect(answer).toMatchObject({ status: 503, retryAfter: '1', body: { code: 'DISK_FULL', retryable: true } });
      expect((await fetch(`${server.url}/v1/snapshot`)).status).toBe(200);
      expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
      empty();
      await writer.finish();
      expect(writer.accepted.size).toBeGreaterThan(before - 1);
      expect((await post('/v1/decide', { experiments: ['clicks'] })).body.decisions).toMatchObject([
        { randomised: true },
      ]);
      rounds += 1;
    }
    expect(await server.stop()).toBe(0);
    const data = join(folder, 'data');
    const ids = new Set((await recordsOf(data)).flat().map(({ event }) => event.id));
    const lost = [...writer.accepted].filter((id) => !ids.has(id));
    expect(lost).toEqual([]);
    expect(armature('log', 'verify', data)).toMatchObject({ status: 0, stdout: expect.not.stringContaining('torn') });
    expect(armature('replay', data)).toMatchObject({ status: 0 });
    reportRow('Disk', {
      fault: 'tmpfs of 2 MiB, full and freed again',
      runs: rounds,
      'events accepted': writer.accepted.size,
      lost: lost.length,
      result: '503 to writers, decisions and snapshots served, goes on without a restart, no torn record',
    });
  }, 120_000);

  test('that is full at the start is refused in words, and needs nothing but space', async () => {
    await server.start();
    await server.stop();
    fill(0);
    await expect(server.start()).rejects.toThrow(/DISK_FULL: the disk of the log is full/);
    expect(await server.ended()).toBe(78);
    expect(server.said).not.toMatch(/^\s+at /m);
    empty();
    await server.start();
    expect(await server.stop()).toBe(0);
  }, 60_000);
});
