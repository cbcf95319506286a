import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { encodeFloor, layoutOf, readFloor } from '@armature/analysis/log';
import type { Checkpoint, FileSystem, Logger, StateStore, StoredState } from '../ports.js';
import { writeAtomically } from './atomic-file.js';
import { logFault } from './log-fault.js';

/** How much of a part belongs to a checkpoint, and the CRC-32 of it. What stands behind is of one that failed. */
interface PartEnd {
  readonly length: number;
  readonly crc: number;
}

/** The small file that makes a checkpoint: all that counts is what it names. */
interface Stored {
  readonly schema: 3;
  readonly log: string;
  readonly offset: number;
  /** Begins the names of the parts' files: another state has others. */
  readonly generation: number;
  readonly parts: readonly (readonly [name: string, end: PartEnd])[];
  readonly head: string;
}

/** What is known of a partition's files. */
interface Known {
  generation?: number;
  /** What the last durable checkpoint names. */
  ends: ReadonlyMap<string, PartEnd>;
  /** Bytes that no checkpoint names yet, by part. */
  readonly waiting: Map<string, Uint8Array[]>;
  /** Whether files that no checkpoint names were looked for. */
  swept: boolean;
}

const SCHEMA = 3;
const FILE = /^(\d+)-/;

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

/**
 * Checkpoints as files beside the log: a small one that is replaced, and parts that it names and that are only added to.
 * A damaged one is as good as none: the partition is folded from the start.
 */
export async function fileState(fs: FileSystem, directory: string, logger: Logger): Promise<StateStore> {
  const layout = layoutOf(directory);
  const known = new Map<number, Known>();
  await fs.mkdir(dirname(layout.checkpoint(0)));
  return {
    async load(partition) {
      const path = layout.checkpoint(partition);
      const text = await fs.readText(path);
      if (text === undefined) return undefined;
      if (isOfAnotherVersion(text)) {
        const remedy = 'none needed: the log is folded again';
        logger.info('checkpoint of another version ignored', { partition, path, remedy });
        return undefined;
      }
      const stored = parse(text);
      const state = stored && (await readParts(fs, layout.checkpointParts(partition), stored));
      if (stored === undefined || state === undefined) {
        logger.warn('damaged checkpoint ignored', { partition, path, remedy: 'none needed: the log is folded again' });
        return undefined;
      }
      const { generation, parts } = stored;
      known.set(partition, { generation, ends: new Map(parts), waiting: new Map(), swept: false });
      return state;
    },
    async loadFloor(partition) {
      try {
        return await readFloor(directory, partition);
      } catch (cause) {
        throw logFault(cause);
      }
    },
    saveFloor: (partition, floor) => writeAtomically(fs, layout.floor(partition), encodeFloor(floor)),
    async save(partition, checkpoint) {
      if (checkpoint.changes.whole) known.set(partition, { ends: new Map(), waiting: new Map(), swept: false });
      const files = known.get(partition);
      if (files === undefined) throw new Error(`changes of partition ${partition}, of whose state nothing is known`);
      keep(files, checkpoint);
      await write(
        fs,
        { folder: layout.checkpointParts(partition), path: layout.checkpoint(partition) },
        files,
        checkpoint,
      );
    },
  };
}

/** Keeps the bytes until a checkpoint that names them is durable, or none will any more. */
function keep({ waiting }: Known, { changes }: Checkpoint): void {
  for (const [part, chunks] of changes.added) waiting.set(part, [...(waiting.get(part) ?? []), ...chunks]);
  const named = new Set(changes.parts);
  for (const part of waiting.keys()) if (!named.has(part)) waiting.delete(part);
}

/** A state that begins anew is written beside what is there: a checkpoint holds until the next is whole. */
async function nextGeneration(fs: FileSystem, folder: string): Promise<number> {
  await fs.mkdir(folder);
  const taken = (await fs.readdir(folder)).map((name) => Number(FILE.exec(name)?.[1] ?? 0));
  return 1 + taken.reduce((most, n) => Math.max(most, n), 0);
}

const fileOf = (generation: number, part: string): string => `${generation}-${part}`;

async function write(
  fs: FileSystem,
  { folder, path }: { readonly folder: string; readonly path: string },
  files: Known,
  { log, offset, changes }: Checkpoint,
): Promise<void> {
  files.generation ??= await nextGeneration(fs, folder);
  const { generation } = files;
  const ends = new Map<string, PartEnd>();
  let made = false;
  for (const part of changes.parts) {
    const end = files.ends.get(part) ?? { length: 0, crc: 0 };
    const chunks = files.waiting.get(part) ?? [];
    ends.set(part, chunks.length === 0 ? end : await append(fs, join(folder, fileOf(generation, part)), end, chunks));
    made ||= end.length === 0;
  }
  if (made) await fs.syncDirectory(folder);
  const stored: Stored = {
    schema: SCHEMA,
    log,
    offset,
    generation,
    parts: [...ends],
    head: changes.head,
  };
  const body = JSON.stringify(stored);
  await writeAtomically(fs, path, `${JSON.stringify({ schema: SCHEMA, sha256: digest(body), body })}\n`);
  const named = new Set([...ends.keys()].map((part) => fileOf(generation, part)));
  const before = [...files.ends.keys()].map((part) => fileOf(generation, part));
  files.ends = ends;
  files.waiting.clear();
  // Only now that the checkpoint is durable, what it does not name may go.
  const old = files.swept ? before : (await fs.readdir(folder)).filter((name) => FILE.test(name));
  for (const name of old) if (!named.has(name)) await fs.remove(join(folder, name));
  files.swept = true;
}

/** Adds bytes behind those that the last checkpoint names, and over whatever a failed one has left there. */
async function append(fs: FileSystem, path: string, end: PartEnd, chunks: readonly Uint8Array[]): Promise<PartEnd> {
  const file = await fs.open(path, end.length === 0 ? 'replace' : 'existing');
  let { length, crc } = end;
  try {
    for (const bytes of chunks) {
      await file.write(bytes, length);
      length += bytes.length;
      crc = crc32(bytes, crc);
    }
    await file.datasync();
  } catch (cause) {
    // on a full disk half a part would keep the space that the log needs
    await file.truncate(end.length).catch(() => {});
    throw cause;
  } finally {
    await file.close();
  }
  return { length, crc };
}

function isOfAnotherVersion(text: string): boolean {
  const schema = /^\{"schema":(\d+),/.exec(text)?.[1];
  return schema !== undefined && Number(schema) !== SCHEMA;
}

function parse(text: string): Stored | undefined {
  try {
    const outer = JSON.parse(text) as { schema?: unknown; sha256?: unknown; body?: unknown } | null;
    if (outer === null || outer.schema !== SCHEMA || typeof outer.body !== 'string') return undefined;
    if (digest(outer.body) !== outer.sha256) return undefined;
    const stored = JSON.parse(outer.body) as Stored;
    return Number.isSafeInteger(stored.offset) && stored.offset >= 0 ? stored : undefined;
  } catch {
    return undefined;
  }
}

/** The parts that a checkpoint names; undefined when one is not what it was. */
async function readParts(fs: FileSystem, folder: string, stored: Stored): Promise<StoredState | undefined> {
  const parts = new Map<string, Uint8Array>();
  for (const [part, { length, crc }] of stored.parts) {
    const bytes = (await fs.readBytes(join(folder, fileOf(stored.generation, part))))?.subarray(0, length);
    if (bytes === undefined || bytes.length !== length || crc32(bytes) !== crc) return undefined;
    parts.set(part, bytes);
  }
  return { log: stored.log, offset: stored.offset, head: stored.head, parts };
}
