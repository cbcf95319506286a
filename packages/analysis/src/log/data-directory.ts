import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LogDamage } from './log-fault.js';

/** What `log.json` in a data directory says: fixed when the log was made. */
export interface LogMeta {
  readonly schema: 1;
  /** Identity of the log. */
  readonly id: string;
  /** Frozen number of partitions. */
  readonly partitions: number;
  readonly created: string;
}

/** The files of a data directory. */
export interface Layout {
  readonly meta: string;
  readonly lock: string;
  /** How far the streams had come: by it a log that was put back is found out. */
  readonly anchor: string;
  readonly config: string;
  readonly checkpoint: (partition: number) => string;
  /** Folder of the parts that a checkpoint names. */
  readonly checkpointParts: (partition: number) => string;
  readonly partition: (partition: number) => string;
  /** What the fold had made of records that retention deleted. */
  readonly floor: (partition: number) => string;
  readonly signingKey: string;
  /** Hashes of the API keys. */
  readonly apiKeys: string;
  /** What `armature log repair` took out of the log. */
  readonly repairs: string;
  /** Folder of the arms that units keep, unless another store has them. */
  readonly sticky: string;
}

/** Where things are in a data directory. */
export function layoutOf(directory: string): Layout {
  return {
    meta: join(directory, 'log.json'),
    lock: join(directory, 'lock'),
    anchor: join(directory, 'anchor.json'),
    config: join(directory, 'config'),
    checkpoint: (partition) => join(directory, 'checkpoints', `${partition}.json`),
    checkpointParts: (partition) => join(directory, 'checkpoints', String(partition)),
    partition: (partition) => join(directory, 'events', String(partition)),
    floor: (partition) => join(directory, 'events', String(partition), 'floor.state'),
    signingKey: join(directory, 'signing.key'),
    apiKeys: join(directory, 'keys.json'),
    repairs: join(directory, 'repairs'),
    sticky: join(directory, 'sticky'),
  };
}

/**
 * Reads `log.json`; undefined where there is none.
 *
 * @throws LogDamage when it is not what a log's making writes
 */
export async function readMeta(directory: string): Promise<LogMeta | undefined> {
  const path = layoutOf(directory).meta;
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw cause;
  }
  const meta = parseMeta(text);
  if (meta === undefined) throw new LogDamage(path, 0);
  return meta;
}

/** What the text of `log.json` says; undefined when it is not what a log's making writes. */
export function parseMeta(text: string): LogMeta | undefined {
  try {
    const meta = JSON.parse(text) as Partial<LogMeta> | null;
    const whole = typeof meta?.id === 'string' && Number.isSafeInteger(meta.partitions) && meta.schema === 1;
    return whole ? (meta as LogMeta) : undefined;
  } catch {
    return undefined;
  }
}

/** Segments of a stream's folder, oldest first: base offset and path. */
export async function listSegments(
  folder: string,
): Promise<readonly { readonly base: number; readonly path: string }[]> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw cause;
  }
  return names
    .filter((name) => /^\d{20}\.jsonl$/.test(name))
    .sort()
    .map((name) => ({ base: Number(name.slice(0, 20)), path: join(folder, name) }));
}
