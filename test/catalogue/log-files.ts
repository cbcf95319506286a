import { appendFile, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { layoutOf } from '@armature/analysis/log';
import { isArmatureError } from '@armature/sdk';
import { type Engine, openEngine, virtualClock } from '@armature/server';
import { editCheckpoint } from '../../packages/server/test/edit-checkpoint.js';
import { decisionOf, rewardOf } from '../../packages/server/test/workspace.js';
import { bytesUnder } from './loop.js';
import type { Outcome, Row, Surface } from './row.js';

const EXPERIMENT = `experiment: reader
arms: [large, small]
assign: request
policy: thompson
reward: { metric: correct, window: 1s, lateness: 0s }
`;
const NOW = Date.now();

/** The folder of a server that was stopped: each input damages a copy of it. */
export interface StoppedServer {
  readonly root: string;
  /** What had been learnt when it stopped. */
  readonly learnt: string;
}

const learntBy = (engine: Engine): string =>
  JSON.stringify([engine.statistics(), [...engine.health()], engine.snapshot.experiments.reader?.rules]);

const openIn = (root: string): Promise<Engine> =>
  openEngine({
    experiments: join(root, 'experiments'),
    data: join(root, 'data'),
    watch: false,
    clock: virtualClock(NOW),
    segmentBytes: 20_000,
    partitions: 1,
  });

async function openStopped(): Promise<StoppedServer> {
  const root = await mkdtemp(join(tmpdir(), 'armature-catalogue-'));
  await mkdir(join(root, 'experiments'));
  await writeFile(join(root, 'experiments', 'a.yaml'), EXPERIMENT);
  const engine = await openIn(root);
  for (let batch = 0; batch < 40; batch += 1) {
    const decisions = Array.from({ length: 5 }, () => decisionOf(engine.snapshot, 'reader', 'large', NOW));
    const rewards = decisions.slice(2).map(({ id }) => rewardOf('reader', id, { correct: 1 }, NOW));
    await engine.ingest([...decisions, ...rewards]);
  }
  await engine.checkpoint();
  const learnt = learntBy(engine);
  await engine.close();
  return { root, learnt };
}

/** Damages a copy, opens it, and says what the start made of it. */
async function start(
  { root, learnt }: StoppedServer,
  damage: (data: string, copy: string) => Promise<void>,
): Promise<Outcome> {
  const copy = await mkdtemp(join(tmpdir(), 'armature-catalogue-'));
  try {
    await cp(root, copy, { recursive: true });
    const data = join(copy, 'data');
    await damage(data, copy);
    const before = await bytesUnder(data);
    let engine: Engine;
    try {
      engine = await openIn(copy);
    } catch (cause) {
      const code = isArmatureError(cause) ? cause.code : `uncoded ${String(cause)}`;
      const same = (await bytesUnder(data)) === before;
      return { got: `start refused, ${code}`, says: String(cause), proof: same ? 'no byte changed' : 'bytes changed' };
    }
    const same = learntBy(engine) === learnt;
    await engine.close();
    return { got: 'starts', proof: same ? 'what was learnt is the same' : 'something else is learnt' };
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

type Damage = (data: string, copy: string) => Promise<void>;
const refused = (row: number, input: string, code: string, damage: Damage, says?: RegExp): Row<StoppedServer> => ({
  ...{ row, input, expected: `start refused, ${code}`, proof: 'no byte changed' },
  ...(says === undefined ? {} : { says }),
  act: (world) => start(world, damage),
});
const survived = (row: number, input: string, damage: Damage): Row<StoppedServer> => ({
  ...{ row, input, expected: 'starts', proof: 'what was learnt is the same' },
  act: (world) => start(world, damage),
});

async function segmentsOf(data: string): Promise<readonly string[]> {
  const folder = layoutOf(data).partition(0);
  const names = (await readdir(folder)).filter((name) => name.endsWith('.jsonl')).sort();
  return names.map((name) => join(folder, name));
}

async function edit(path: string, change: (bytes: Buffer) => Buffer | string): Promise<void> {
  await writeFile(path, change(await readFile(path)));
}

const flip = (bytes: Buffer, at: number): Buffer => {
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return bytes;
};

const checkpointed =
  (change: (text: string) => string): Damage =>
  (data) =>
    edit(layoutOf(data).checkpoint(0), (bytes) => change(bytes.toString()));

const ROWS: readonly Row<StoppedServer>[] = [
  survived(43, 'the torn tail of an interrupted write', async (data) => {
    const last = (await segmentsOf(data)).at(-1) ?? '';
    await appendFile(last, '{"offset":999,"at":17');
  }),
  survived(43, 'a last page of zeros', async (data) => {
    await appendFile((await segmentsOf(data)).at(-1) ?? '', Buffer.alloc(512));
  }),
  refused(
    43,
    'a flipped bit in the middle of the last segment',
    'LOG_DAMAGED',
    async (data) => edit((await segmentsOf(data)).at(-1) ?? '', (bytes) => flip(bytes, 300)),
    /\d{20}\.jsonl at byte \d+/,
  ),
  refused(
    43,
    'a segment that is gone',
    'DATA_HOLE',
    async (data) => {
      const segments = await segmentsOf(data);
      await rm(segments.at(-2) ?? '');
    },
    /which begins at \d+, not \d+/,
  ),
  refused(43, 'a log cut before the checkpoint', 'LOG_MISMATCH', async (data) => {
    for (const path of (await segmentsOf(data)).slice(1)) await rm(path);
  }),
  refused(43, 'a segment of another log', 'LOG_MISMATCH', async (data) => {
    const other = 'f'.repeat(36);
    await edit(layoutOf(data).meta, (bytes) => bytes.toString().replace(/"id":"[^"]*"/, `"id":"${other}"`));
  }),
  refused(52, 'a log.json cut short', 'LOG_DAMAGED', (data) =>
    edit(layoutOf(data).meta, (bytes) => bytes.subarray(0, 20)),
  ),
  refused(52, 'a log.json of a newer schema', 'LOG_DAMAGED', (data) =>
    edit(layoutOf(data).meta, (bytes) => bytes.toString().replace('"schema":1', '"schema":2')),
  ),
  survived(
    52,
    'a checkpoint cut short',
    checkpointed((text) => text.slice(0, -40)),
  ),
  survived(
    52,
    'a checkpoint whose checksum fails',
    checkpointed((text) => text.replace('health', 'haelth')),
  ),
  survived(52, 'a checkpoint of which a part is gone', async (data) => {
    const [part = ''] = await readdir(layoutOf(data).checkpointParts(0));
    await rm(join(layoutOf(data).checkpointParts(0), part));
  }),
  survived(52, 'a checkpoint of which a part has a flipped bit', async (data) => {
    const [part = ''] = await readdir(layoutOf(data).checkpointParts(0));
    await edit(join(layoutOf(data).checkpointParts(0), part), (bytes) => flip(bytes, bytes.length >> 1));
  }),
  survived(
    52,
    'a checkpoint of a newer schema',
    checkpointed((text) => text.replace(/"schema":\d+/, '"schema":99')),
  ),
  refused(52, 'a checkpoint of another log', 'LOG_MISMATCH', (data) =>
    editCheckpoint(layoutOf(data).checkpoint(0), (body) => body.replace(/"log":"[^"]*"/, '"log":"other"')),
  ),
  survived(53, 'a checkpoint with a negative offset', (data) =>
    editCheckpoint(layoutOf(data).checkpoint(0), (body) => body.replace(/"offset":\d+/, '"offset":-1')),
  ),
];

/** What lies in a data directory when a server starts. */
export const logFiles: Surface<StoppedServer> = {
  title: 'Log and checkpoints',
  unchanged: 'the bytes of the directory where the start is refused, else what had been learnt before',
  rows: ROWS,
  open: openStopped,
  state: ({ root }) => bytesUnder(root),
  close: ({ root }) => rm(root, { recursive: true, force: true }),
};
