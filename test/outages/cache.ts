/** What happens to the snapshot's file: kills, flipped bits, two writers, no room. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createRandom, type Random } from '@armature/analysis';
import { createClient } from '@armature/sdk';
import { fileCache } from '@armature/sdk/node';
import { builtProgram } from '../built.js';
import { readerSnapshot } from './reader-snapshot.js';
import { count, type Row, type Section } from './row.js';

export interface CachePlan {
  readonly kills: number;
  readonly flips: number;
  /** Reads while two processes write. */
  readonly reads: number;
  readonly seed: number;
}

interface Loaded {
  readonly snapshot: { readonly version: string; readonly filler: string };
  readonly confirmedAt: number;
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const load = (path: string): Loaded => fileCache(path).load() as unknown as Loaded;

/** Whether the file holds one snapshot, whole, as `cache-writer-process.mjs` writes them. */
const isWhole = ({ snapshot, confirmedAt }: Loaded): boolean =>
  snapshot.version === `1.${confirmedAt}` && snapshot.filler.length === 200_000;

interface Writer {
  readonly child: ChildProcess;
  /** The last number that was said to be saved. */
  readonly saved: () => number;
}

async function writer(path: string, first: number): Promise<Writer> {
  const program = builtProgram('test/outages/cache-writer-process.mjs');
  const child = spawn(process.execPath, [program, path, `${first}`], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (piece: Buffer) => {
    said = `${said}${piece}`.slice(-40);
  });
  await once(child.stdout, 'data');
  return { child, saved: () => Number(said.slice(0, said.lastIndexOf('\n')).split('\n').at(-1)) };
}

async function kill({ child }: Writer): Promise<void> {
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
}

async function killed(path: string, kills: number, random: Random): Promise<Row> {
  const seen = { whole: 0, old: 0, broken: 0, behind: 0, left: 0 };
  let first = 1;
  for (let n = 0; n < kills; n += 1) {
    const one = await writer(path, first);
    await sleep(random() * 12);
    await kill(one);
    try {
      const loaded = load(path);
      if (isWhole(loaded)) seen.whole += 1;
      else seen.broken += 1;
      if (loaded.confirmedAt < one.saved()) seen.behind += 1;
      if (loaded.confirmedAt === one.saved()) seen.old += 1;
      first = loaded.confirmedAt + 1;
    } catch {
      seen.broken += 1;
    }
  }
  return {
    outage: `kill -9 of a writing process, ${kills} times`,
    measured: `${seen.whole} whole (${seen.old} the last said to be saved, ${seen.whole - seen.old} the one after), ${seen.broken} broken, ${seen.behind} older than said`,
    demanded: 'all whole, none broken, none older',
    ok: seen.whole === kills && seen.broken + seen.behind === 0,
  };
}

/** What a client does that starts with this file in an outage. */
async function startedFrom(path: string): Promise<{ readonly code: string | undefined; readonly reason: string }> {
  const down = (): Promise<never> => Promise.reject(new Error('down'));
  const transport = { send: down, fetchSnapshot: down };
  const experiments = { reader: { arms: ['small', 'large'] } } as const;
  const client = createClient({ experiments, transport, cache: fileCache(path), refresh: 'manual', logger: false });
  let code: string | undefined;
  client.on('error', (error) => {
    code ??= error.code;
  });
  const { reason } = client.decide('reader');
  const started = { code, reason };
  await client.close({ timeoutMs: 0 }); // which tells that the server is down
  return started;
}

async function flipped(path: string, flips: number, random: Random): Promise<Row> {
  await fileCache(path).save({ snapshot: readerSnapshot('1.2'), confirmedAt: 5 });
  const good = await readFile(path);
  let refused = 0;
  for (let n = 0; n < flips; n += 1) {
    const bad = Buffer.from(good);
    const at = Math.floor(random() * bad.length);
    bad[at] = bad[at]! ^ (1 + Math.floor(random() * 255));
    await writeFile(path, bad);
    const { code, reason } = await startedFrom(path);
    if (code === 'CACHE_UNUSABLE' && reason === 'default') refused += 1;
  }
  await writeFile(path, good);
  const { code, reason } = await startedFrom(path);
  return {
    outage: `a byte of the file changed, ${flips} times`,
    measured: `${refused} refused with CACHE_UNUSABLE, decided by the code; unchanged: ${code ?? 'no error'}, ${reason}`,
    demanded: 'all refused; unchanged: no error, split',
    ok: refused === flips && code === undefined && reason === 'split',
  };
}

async function shared(path: string, reads: number): Promise<Row> {
  const writers = [await writer(path, 1), await writer(path, 1_000_000)];
  let whole = 0;
  const by = new Set<boolean>();
  for (let n = 0; n < reads; n += 1) {
    await sleep(2);
    const loaded = load(path);
    if (isWhole(loaded)) whole += 1;
    by.add(loaded.confirmedAt >= 1_000_000);
  }
  await Promise.all(writers.map(kill));
  return {
    outage: `two processes write, a third reads ${count(reads)} times`,
    measured: `${count(whole)} whole, of ${by.size} writers`,
    demanded: 'all whole',
    ok: whole === reads,
  };
}

async function full(path: string): Promise<Row> {
  await fileCache(path).save({ snapshot: readerSnapshot('1.1'), confirmedAt: 5 });
  const program = builtProgram('test/outages/cache-full-process.mjs');
  const limited = `ulimit -f 100; exec "$0" "$1" "$2" "$3"`;
  const snapshot = JSON.stringify(readerSnapshot('1.2'));
  const { stdout } = spawnSync('bash', ['-c', limited, process.execPath, program, path, snapshot], {
    encoding: 'utf8',
  });
  const left = (await readdir(join(path, '..'))).filter((name) => name.startsWith(basename(path)));
  const { codes, reason, version, sent } = JSON.parse(stdout || '{}') as { [name: string]: unknown };
  const kept = fileCache(path).load() as { readonly confirmedAt: number };
  const measured = `${codes}; decides by ${version}, ${reason}; ${sent} sent; old file kept: ${kept.confirmedAt === 5}; ${left.length - 1} files left over`;
  const expected = 'CACHE_UNUSABLE; decides by 1.2, split; 1 sent; old file kept: true; 0 files left over';
  return {
    outage: 'no room for the file (100 KiB, a snapshot has 1 MB)',
    measured,
    demanded: '=',
    ok: measured === expected,
  };
}

async function unwritable(): Promise<Row> {
  const transport = {
    send: async (events: readonly unknown[]) => ({ accepted: events.length, rejected: 0, errors: [] }),
    fetchSnapshot: async () => readerSnapshot('1.2'),
  };
  const cache = fileCache('/proc/armature/snapshot');
  const client = createClient({ transport, cache, refresh: 'manual', logger: false });
  const codes: string[] = [];
  client.on('error', ({ code }) => codes.push(code));
  const status = await client.ready();
  const { reason } = client.decide('reader');
  const { sent } = await client.close();
  const measured = `${codes}; ${status}, ${reason}; ${sent} sent`;
  const expected = 'CACHE_UNUSABLE; ready, split; 1 sent';
  return { outage: 'a folder that cannot be made', measured, demanded: '=', ok: measured === expected };
}

const HOW = `Real processes and files. A killed writer saves 200 kB again and again and says when each is saved; what is read after
the kill must be the last one said, or the one after it.`;

export async function cacheOutages({ kills, flips, reads, seed }: CachePlan): Promise<Section> {
  const folder = await mkdtemp(join(tmpdir(), 'armature-outages-'));
  const random = createRandom(seed);
  try {
    const rows = [
      await killed(join(folder, 'killed'), kills, random),
      await flipped(join(folder, 'flipped'), flips, random),
      await shared(join(folder, 'shared'), reads),
      await full(join(folder, 'full')),
      await unwritable(),
    ];
    return { title: 'The snapshot file', how: HOW, rows };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
