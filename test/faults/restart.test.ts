import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '@armature/analysis';
import { encodeGroup, encodeRecord, layoutOf } from '@armature/analysis/log';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freePort, type ServerProcess, type ServerProcessOptions, serverProcess } from './server-process.js';
import { recordsOf } from './whole-log.js';
import { createWriter, type Writer } from './writer.js';

let data: string;
let servers: ServerProcess[] = [];

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'armature-restart-'));
});
afterEach(async () => {
  for (const server of servers) await server.kill();
  servers = [];
  await rm(data, { recursive: true, force: true });
});

async function create(more: Partial<ServerProcessOptions> = {}): Promise<ServerProcess> {
  const server = serverProcess({ data, port: await freePort(), partitions: 1, ...more });
  servers.push(server);
  return server;
}

/** Has some events accepted. */
async function load({ url }: ServerProcess, seed = 1): Promise<Writer> {
  const writer = createWriter(url, createRandom(seed), 5, 0.1);
  for (let n = 0; n < 8; n += 1) await writer.step();
  await writer.finish();
  expect(writer.accepted.size).toBeGreaterThan(20);
  return writer;
}

async function missing(...writers: readonly Writer[]): Promise<string[]> {
  const ids = new Set((await recordsOf(data)).flat().map(({ event }) => event.id));
  return writers.flatMap(({ accepted }) => [...accepted].filter((id) => !ids.has(id)));
}

/** What a server said about something, as the objects of its lines. */
const told = (server: ServerProcess, event: string) =>
  server.said
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { readonly event: string; readonly [field: string]: unknown })
    .filter((line) => line.event === event);

test('a data directory is refused while its server lives, and taken over when that one was killed', async () => {
  const first = await create();
  await first.start();
  const writer = await load(first);

  const second = await create();
  await expect(second.start()).rejects.toThrow(/ended before it listened/);
  expect(await second.ended()).toBe(78);
  expect(second.said).toMatch(/DATA_DIR_LOCKED.*process \d+/);
  const lock = await readFile(layoutOf(data).lock, 'utf8');

  await first.kill();
  expect(await readFile(layoutOf(data).lock, 'utf8')).toBe(lock); // nobody gave it back
  const third = await create();
  await third.start();
  expect(await readFile(layoutOf(data).lock, 'utf8')).not.toBe(lock);
  const more = await load(third, 2);
  expect(await third.stop()).toBe(0);
  await expect(readFile(layoutOf(data).lock)).rejects.toMatchObject({ code: 'ENOENT' });
  expect(await missing(writer, more)).toEqual([]);
});

test('what a killed server left half written is cut and reported, and nothing that was accepted is missing', async () => {
  const first = await create();
  await first.start();
  const writer = await load(first);
  await first.kill();

  const folder = layoutOf(data).partition(0);
  const segment = join(folder, (await readdir(folder)).sort().at(-1) ?? '');
  const whole = await readFile(segment);
  const before = (await recordsOf(data))[0] ?? [];
  const last = before.at(-1);
  if (last === undefined) throw new Error('the log is empty');
  const group = encodeGroup([encodeRecord({ ...last, offset: last.offset + 1 })]);
  await appendFile(segment, group.subarray(0, group.length - 7)); // a check line without its end

  const second = await create();
  await second.start();
  expect(told(second, 'torn tail cut')).toMatchObject([
    { level: 'warn', stream: '0', segment, bytes: group.length - 7 },
  ]);
  const more = await load(second, 2);
  expect(await second.stop()).toBe(0);
  expect((await readFile(segment)).subarray(0, whole.length)).toEqual(whole);
  expect((await recordsOf(data))[0]?.slice(0, before.length)).toEqual(before);
  expect(await missing(writer, more)).toEqual([]);
});

test('a failing sync ends the server with status 1 and one clear line, and promises nothing from then on', async () => {
  const disk = join(data, 'broken');
  const server = await create({
    preload: new URL('./failing-sync.mjs', import.meta.url),
    variables: { ARMATURE_TEST_BROKEN_DISK: disk },
  });
  await server.start();
  const writer = await load(server);
  const accepted = writer.accepted.size;
  await writeFile(disk, '');
  for (let n = 0; n < 5; n += 1) await writer.step();
  expect(await server.ended()).toBe(1);
  expect(writer.accepted.size).toBe(accepted);
  expect(told(server, 'the log failed')).toMatchObject([{ level: 'error', cause: expect.stringContaining('EIO') }]);
  expect(server.said).not.toMatch(/^\s+at /m);

  const healthy = await create();
  await healthy.start();
  const more = await load(healthy, 2);
  expect(await healthy.stop()).toBe(0);
  expect(await missing(writer, more)).toEqual([]);
});
