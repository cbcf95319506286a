import { type FileHandle, open, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { crc32 } from 'node:zlib';
import type { StickyRecord, StickyStore } from '../sticky.js';
import { makeDirectory } from './make-directory.js';
import { storedUnit } from './stored-unit.js';
import { syncDirectory } from './sync-directory.js';

export interface FileStickyOptions {
  /** Makes the names of units in the files those of HMAC-SHA-256, so that nobody without it can look for one. */
  readonly secret?: string;
}

const checksum = (text: string): string => crc32(text).toString(16).padStart(8, '0');

/** A line of its own, whatever stands before it: a torn line ends where the next begins. */
function encode(unit: string, record: StickyRecord): string {
  const body = `${unit} ${JSON.stringify(record)}`;
  return `\n${checksum(body)} ${body}\n`;
}

/** The whole lines of a unit, in the order in which they were written; of each key, the first. */
function decode(text: string, unit: string): Map<string, StickyRecord> {
  const records = new Map<string, StickyRecord>();
  for (let at = text.indexOf(` ${unit} `); at >= 0; at = text.indexOf(` ${unit} `, at + 1)) {
    const end = text.indexOf('\n', at);
    const body = text.slice(at + 1, end);
    if (end < 0 || text.slice(at - 8, at) !== checksum(body) || text[at - 9] !== '\n') continue;
    const record = JSON.parse(body.slice(unit.length + 1)) as StickyRecord;
    if (!records.has(record.key)) records.set(record.key, record);
  }
  return records;
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw cause;
  }
}

async function writeAll(file: FileHandle, text: string): Promise<void> {
  const bytes = Buffer.from(text, 'utf8');
  const { bytesWritten } = await file.write(bytes);
  if (bytesWritten < bytes.length) throw new Error(`only ${bytesWritten} of ${bytes.length} bytes were written`);
  await file.datasync();
}

/**
 * Keeps the arms of units in files, for one machine: 4096 of them in a directory, lines with a checksum, appended and
 * synced before they count. Of two lines with the same key the first one holds, so that processes may share the
 * directory, and a kill at any point leaves every record that was confirmed. Not for network file systems, whose appends
 * are not atomic. A record takes about 300 bytes and stays until you delete the directory.
 *
 * @param directory made where there is none
 * @returns a store for `stickyAssignment` of `@armature/sdk/sticky`
 * @example
 * typeof fileStickyStore('.armature/sticky').setIfAbsent // => 'function'
 */
export function fileStickyStore(directory: string, { secret }: FileStickyOptions = {}): StickyStore {
  const folder = resolve(directory);
  const fileOf = (unit: string): string => {
    const bytes = Buffer.from(unit, 'base64url');
    return join(folder, `${bytes.toString('hex', 0, 2).slice(0, 3)}.log`);
  };
  const append = async (path: string, line: string): Promise<void> => {
    await makeDirectory(folder, 0o700);
    const file = await open(path, 'a', 0o600);
    let fresh: boolean;
    try {
      fresh = (await file.stat()).size === 0;
      await writeAll(file, line);
    } finally {
      await file.close();
    }
    if (fresh) await syncDirectory(folder);
  };
  return {
    async get(unit) {
      const name = storedUnit(unit, secret);
      return [...decode(await readText(fileOf(name)), name).values()];
    },
    async setIfAbsent(unit, record) {
      const name = storedUnit(unit, secret);
      const path = fileOf(name);
      const earlier = decode(await readText(path), name).get(record.key);
      if (earlier !== undefined) return earlier;
      await append(path, encode(name, record));
      const first = decode(await readText(path), name).get(record.key);
      if (first === undefined) throw new Error(`${path}: what was written is not there`);
      return first;
    },
  };
}
