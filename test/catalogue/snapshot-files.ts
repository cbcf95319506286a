import { execFileSync } from 'node:child_process';
import { access, mkdir, mkdtemp, open, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, isArmatureError } from '@armature/sdk';
import { fileCache } from '@armature/sdk/node';
import { contentHash, type Snapshot } from '@armature/sdk/protocol';
import { openEngine } from '@armature/server';
import { until } from './loop.js';
import type { Outcome, Row, Surface } from './row.js';

const READER = {
  version: '1.2',
  hash: 1,
  salt: 'reader',
  definition: `sha256:${'0'.repeat(64)}`,
  assign: 'request',
  status: 'running',
  control: 'small',
  arms: ['large', 'small'],
  rules: [{ id: 'policy', weights: [0.25, 0.75] }],
} as const;

/** A snapshot as the server writes it, or with a fault in its experiment. */
function snapshotWith(more: object = {}, version = '1.2', schema = 1): Snapshot {
  const experiments = { reader: { ...READER, ...more } };
  const hash = contentHash({ reader: READER });
  return { schema, version, hash, issued: '2026-11-24T12:00:00.000Z', experiments } as unknown as Snapshot;
}

const GOOD = snapshotWith();

/** A server that says what a row wants, and a folder. */
export interface SnapshotWorld {
  readonly root: string;
  readonly url: string;
  answer(respond: (path: string, response: ServerResponse) => void): void;
  close(): Promise<void>;
}

async function openWorld(): Promise<SnapshotWorld> {
  const root = await mkdtemp(join(tmpdir(), 'armature-catalogue-'));
  let respond = (_path: string, response: ServerResponse): void => void response.end();
  const server = createServer((request, response) => respond(request.url ?? '', response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    root,
    url: `http://127.0.0.1:${port}`,
    answer(next) {
      respond = next;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(root, { recursive: true, force: true });
    },
  };
}

const json = (value: unknown) => (_path: string, response: ServerResponse) =>
  void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));

/** A client that has the good snapshot, is sent another one, and goes on deciding. */
async function second(world: SnapshotWorld, snapshot: unknown): Promise<Outcome> {
  world.answer(json(GOOD));
  const client = createClient({ url: world.url, refresh: 'manual', logger: false });
  const codes: string[] = [];
  client.on('error', ({ code }) => codes.push(code));
  await client.ready();
  world.answer(json(snapshot));
  await client.ready();
  const { reason, snapshot: version } = client.decide('reader');
  const got = codes[0] ?? (client.snapshot?.version === GOOD.version ? 'passed over' : 'taken into use');
  await client.close({ timeoutMs: 0 });
  return { got, proof: `decides by ${version}, ${reason}` };
}

const KEPT = 'decides by 1.2, split';
const lying = (row: number, input: string, snapshot: unknown, expected = 'SNAPSHOT_REFUSED'): Row<SnapshotWorld> => ({
  ...{ row, input, expected, proof: KEPT },
  act: (world) => second(world, snapshot),
});
const rules = (weights: readonly unknown[]) =>
  snapshotWith({ version: '1.3', rules: [{ id: 'policy', weights }] }, '1.3');

/** A snapshot file that cannot be used: the client starts without it. */
const cached = (row: number, input: string, make: (path: string) => Promise<unknown>): Row<SnapshotWorld> => ({
  ...{ row, input, expected: 'CACHE_UNUSABLE', proof: 'decides by the code: small, default' },
  act: async ({ root }) => {
    const path = join(await mkdtemp(join(root, 'cache-')), 'snapshot');
    await make(path);
    const transport = {
      send: () => Promise.reject(new Error('down')),
      fetchSnapshot: () => Promise.reject(new Error('down')),
    };
    const experiments = { reader: { arms: ['small', 'large'] } } as const;
    const client = createClient({ experiments, transport, cache: fileCache(path), refresh: 'manual', logger: false });
    const codes: string[] = [];
    client.on('error', ({ code }) => codes.push(code));
    const { arm, reason } = client.decide('reader');
    await client.close({ timeoutMs: 0 });
    return { got: codes[0] ?? 'used', proof: `decides by the code: ${arm}, ${reason}` };
  },
});

async function saved(path: string, change: (text: string) => string): Promise<void> {
  await fileCache(path).save({ snapshot: GOOD, confirmedAt: 5 });
  await writeFile(path, change(await readFile(path, 'utf8')));
}

const huge = async (path: string): Promise<void> => {
  const file = await open(path, 'w');
  await file.truncate(100 * 2 ** 30);
  await file.close();
};
const fifo = async (path: string): Promise<void> => void execFileSync('mkfifo', [path]);
const zeros = (path: string): Promise<void> => symlink('/dev/zero', path);

/** Something else than a file where an experiment file is looked for. */
const experimentFile = (input: string, make: (path: string) => Promise<unknown>, says: RegExp): Row<SnapshotWorld> => ({
  ...{ row: 54, input: `an experiment file that is ${input}`, expected: 'EXPERIMENTS_MISSING', says },
  proof: 'no data directory was made',
  act: async ({ root }) => {
    const folder = await mkdtemp(join(root, 'experiments-'));
    await make(join(folder, 'a.yaml'));
    const data = join(folder, 'data');
    const refused: unknown = await openEngine({ experiments: folder, data, watch: false }).catch((cause) => cause);
    const none = await access(data).then(
      () => false,
      () => true,
    );
    const got = isArmatureError(refused) ? refused.code : `not refused: ${String(refused)}`;
    return { got, says: String(refused), proof: none ? 'no data directory was made' : 'a data directory was made' };
  },
});

/** A client on a stream: what it is told, and which version it decides by in the end. */
const stream = (
  input: string,
  pieces: readonly string[],
  expected: string,
  version = GOOD.version,
): Row<SnapshotWorld> => ({
  ...{ row: 56, input, expected, proof: `decides by ${version}, split` },
  act: async (world) => {
    let opened = 0;
    world.answer((path, response) => {
      if (path !== '/v1/stream') return json(GOOD)(path, response);
      opened += 1;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(': hb\nretry: 100\n\n');
      if (opened > 1) return;
      setTimeout(() => {
        for (const piece of pieces) response.write(piece);
        setTimeout(() => response.end(), 50);
      }, 100);
    });
    const client = createClient({ url: world.url, logger: false });
    const codes: string[] = [];
    client.on('error', ({ code }) => codes.push(code));
    await client.ready();
    await until(() => opened > 1, 'the stream is opened again');
    const decision = client.decide('reader');
    await client.close({ timeoutMs: 0 });
    return { got: codes[0] ?? 'nothing told', proof: `decides by ${decision.snapshot}, ${decision.reason}` };
  },
});

const newer = JSON.stringify(snapshotWith({ version: '1.3' }, '1.3'));
const ROWS: readonly Row<SnapshotWorld>[] = [
  cached(52, 'a snapshot file cut short', (path) => saved(path, (text) => text.slice(0, -10))),
  cached(52, 'a snapshot file whose checksum fails', (path) => saved(path, (text) => text.replace('reader', 'raeder'))),
  cached(52, 'a snapshot file of a newer version', (path) =>
    saved(path, (text) => text.replace('armature-snapshot 1', 'armature-snapshot 2')),
  ),
  lying(52, 'a snapshot of a newer schema', snapshotWith({ version: '1.3' }, '1.3', 2)),
  lying(53, 'three weights for two arms', rules([0.25, 0.5, 0.25])),
  lying(53, 'a weight of null, where NaN was', rules([null, 1])),
  lying(53, 'a negative weight', rules([-0.25, 1.25])),
  lying(53, 'weights that do not sum to 1', rules([0.25, 0.5])),
  lying(53, 'three values for two arms', snapshotWith({ version: '1.3', values: [1, 2, 3] }, '1.3')),
  lying(53, 'a control that is no arm', snapshotWith({ version: '1.3', control: 'medium' }, '1.3')),
  lying(53, 'an arm twice', snapshotWith({ version: '1.3', arms: ['small', 'small'] }, '1.3')),
  lying(53, 'no snapshot but a list', []),
  cached(54, 'a snapshot file that is a named pipe', fifo),
  cached(54, 'a snapshot file that leads to /dev/zero', zeros),
  cached(54, 'a snapshot file of 100 GB', huge),
  cached(54, 'a snapshot file that is a folder', (path) => mkdir(path)),
  experimentFile('a named pipe', fifo, /is no regular file/),
  experimentFile('a link to /dev/zero', zeros, /is no regular file/),
  experimentFile('100 GB', huge, /107374182400 bytes, more than 1048576/),
  lying(55, 'an older snapshot', snapshotWith({ version: '1.1' }, '1.1'), 'passed over'),
  lying(55, 'a snapshot of an older epoch', snapshotWith({ version: '0.9' }, '0.9'), 'passed over'),
  stream('an event cut in the middle', [`event: snapshot\nid: 1.3\ndata: ${newer.slice(0, 50)}`], 'STREAM_BROKEN'),
  stream(
    'an event of 50 MB',
    Array.from({ length: 50 }, () => 'x'.repeat(1_000_000)),
    'STREAM_BROKEN',
  ),
  stream(
    'an id that goes back',
    [`event: snapshot\nid: 1.1\ndata: ${JSON.stringify(snapshotWith({}, '1.1'))}\n\n`],
    'STREAM_BROKEN',
  ),
  stream('an event that is no JSON', ['event: snapshot\ndata: {]\n\n'], 'STREAM_BROKEN'),
  stream('lines that end in CRLF', [`event: snapshot\r\nid: 1.3\r\ndata: ${newer}\r\n\r\n`], 'STREAM_BROKEN', '1.3'),
];

/** Snapshots as a client meets them: in its file, in an answer, in a stream; and files that are none. */
export const snapshotFiles: Surface<SnapshotWorld> = {
  title: 'Snapshots and files',
  unchanged: 'the snapshot that the client decides by',
  rows: ROWS,
  open: openWorld,
  close: (world) => world.close(),
};
