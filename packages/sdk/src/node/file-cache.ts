import { createHash, randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { CACHE_UNUSABLE } from '../client-errors.js';
import { clientError } from '../errors.js';
import type { CachedSnapshot, SnapshotCache } from '../snapshot-cache.js';
import { makeDirectory } from './make-directory.js';
import { syncDirectory } from './sync-directory.js';

const HEADER = /^armature-snapshot 1 ([0-9a-f]{64})\n/;
const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The file's text: a line with the checksum of the rest, then JSON. */
function encode(cached: CachedSnapshot): string {
  const body = JSON.stringify(cached);
  return `armature-snapshot 1 ${digest(body)}\n${body}`;
}

function decode(path: string, text: string): CachedSnapshot {
  const header = HEADER.exec(text);
  const body = header === null ? '' : text.slice(header[0].length);
  if (header === null || digest(body) !== header[1]) {
    throw clientError(CACHE_UNUSABLE, {
      got: `a damaged file ${path}`,
      todo: 'nothing: it is replaced by the next snapshot',
    });
  }
  return JSON.parse(body) as CachedSnapshot;
}

/** Above any snapshot: a thousand experiments have less. */
const MOST_BYTES = 64 * 1024 * 1024;

/** The text of the file, undefined where there is none. A pipe or a device would stop the process, and is not waited on. */
function readText(path: string, file: string): string | undefined {
  let fd: number;
  try {
    fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw cause;
  }
  try {
    const stat = fstatSync(fd);
    if (stat.isFile() && stat.size <= MOST_BYTES) return readFileSync(fd, 'utf8');
    const got = stat.isFile() ? `${path} of ${stat.size} bytes` : `${path}, which is no regular file`;
    throw clientError(CACHE_UNUSABLE, { got });
  } finally {
    closeSync(fd);
  }
}

/** Writing takes milliseconds: what is older belongs to a process that was killed. */
const ABANDONED_MS = 60_000;

/** Removes what killed processes left beside the file. */
async function sweep(file: string): Promise<void> {
  const folder = dirname(file);
  const names = (await readdir(folder)).filter(
    (name) => name.startsWith(`${basename(file)}.`) && name.endsWith('.tmp'),
  );
  for (const name of names) {
    const path = join(folder, name);
    const changed = await stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => Number.POSITIVE_INFINITY,
    );
    if (changed < Date.now() - ABANDONED_MS) await rm(path, { force: true });
  }
}

/**
 * Keeps the last good snapshot in a file, so that a process that starts while the server is down decides all the same.
 *
 * Written beside the file, synced, renamed over it, and the directory synced: a kill at any point leaves the old
 * snapshot or the new one, never half of one. A checksum inside refuses what was damaged later; the client then starts
 * without it and reports CACHE_UNUSABLE. Read once, synchronously, at the first decision or `ready()`.
 *
 * @param path of the file; its directory is made. Processes may share it: the last writer wins
 * @returns a port for the client's option `cache`
 * @example
 * typeof fileCache('.armature/snapshot').load // => 'function'
 */
export function fileCache(path: string): SnapshotCache {
  const file = resolve(path);
  let swept = false;
  return {
    load() {
      const text = readText(path, file);
      return text === undefined ? undefined : decode(path, text);
    },
    async save(cached) {
      await makeDirectory(dirname(file));
      if (!swept) await sweep(file);
      swept = true;
      const temporary = `${file}.${randomBytes(8).toString('hex')}.tmp`;
      try {
        const handle = await open(temporary, 'wx', 0o600);
        try {
          await handle.writeFile(encode(cached));
          await handle.sync();
        } finally {
          await handle.close();
        }
        await rename(temporary, file);
      } catch (cause) {
        await rm(temporary, { force: true });
        throw cause;
      }
      await syncDirectory(dirname(file));
    },
  };
}
