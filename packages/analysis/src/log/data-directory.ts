import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

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
  readonly config: string;
  readonly checkpoint: (partition: number) => string;
  readonly partition: (partition: number) => string;
  readonly signingKey: string;
}

/** Where things are in a data directory. */
export function layoutOf(directory: string): Layout {
  return {
    meta: join(directory, 'log.json'),
    lock: join(directory, 'lock'),
    config: join(directory, 'config'),
    checkpoint: (partition) => join(directory, 'checkpoints', `${partition}.json`),
    partition: (partition) => join(directory, 'events', String(partition)),
    signingKey: join(directory, 'signing.key'),
  };
}

/** Reads `log.json`; undefined where there is none. */
export async function readMeta(directory: string): Promise<LogMeta | undefined> {
  try {
    return JSON.parse(await readFile(layoutOf(directory).meta, 'utf8')) as LogMeta;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw cause;
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
