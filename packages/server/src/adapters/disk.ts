import { link, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { FileSystem } from '../ports.js';

const FLAGS = { create: 'wx', existing: 'r+', replace: 'w' } as const;

function codeOf(cause: unknown): string | undefined {
  return (cause as NodeJS.ErrnoException | undefined)?.code;
}

/** Makes a folder and those above it. Node's own recursion does not end where the system refuses without a reason. */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST' && (await stat(path)).isDirectory()) return;
    if (codeOf(cause) !== 'ENOENT' || dirname(path) === path) throw cause;
    await makeFolder(dirname(path));
    await mkdir(path);
  }
}

/** The bytes of a file; undefined where there is none. */
async function readWhole(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return undefined;
    throw cause;
  }
}

/** The machine's file system. */
export function disk(): FileSystem {
  return {
    async open(path, mode, permissions) {
      const file = await open(path, FLAGS[mode], permissions);
      return {
        async write(bytes, position) {
          let done = 0;
          while (done < bytes.length) {
            const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
            done += bytesWritten;
          }
        },
        datasync: () => file.datasync(),
        sync: () => file.sync(),
        truncate: (length) => file.truncate(length),
        close: () => file.close(),
      };
    },
    readText: async (path) => (await readWhole(path))?.toString('utf8'),
    readBytes: readWhole,
    async readdir(path) {
      try {
        return await readdir(path);
      } catch (cause) {
        if (codeOf(cause) === 'ENOENT') return [];
        throw cause;
      }
    },
    mkdir: makeFolder,
    rename,
    async link(from, to) {
      try {
        await link(from, to);
        return true;
      } catch (cause) {
        if (codeOf(cause) === 'EEXIST') return false;
        throw cause;
      }
    },
    remove: (path) => rm(path, { force: true }),
    async syncDirectory(path) {
      const folder = await open(path, 'r');
      try {
        await folder.sync();
      } finally {
        await folder.close();
      }
    },
  };
}
