import { layoutOf } from '@armature/analysis/log';
import { isArmatureError } from '@armature/sdk';
import { serverError } from '../errors.js';
import { type KeyRecord, keyFileText, parseKeyFile } from '../keys/key-records.js';
import type { FileSystem } from '../ports.js';
import { writeAtomically } from './atomic-file.js';
import { takeLock } from './lock-file.js';

const OWNER_ONLY = 0o600;
const ATTEMPTS = 40;
const PAUSE_MS = 50;

/**
 * The keys of a data directory; undefined where none was ever made.
 *
 * @throws KEY_FILE_INVALID when the file is damaged or may not be read
 */
export async function readKeyFile(fs: FileSystem, directory: string): Promise<readonly KeyRecord[] | undefined> {
  const path = layoutOf(directory).apiKeys;
  let text: string | undefined;
  try {
    text = await fs.readText(path);
  } catch (cause) {
    throw serverError('KEY_FILE_INVALID', { got: `${path}: ${(cause as NodeJS.ErrnoException).code}`, cause });
  }
  return text === undefined ? undefined : parseKeyFile(text, path);
}

/**
 * Changes the keys of a data directory, in one piece and one process at a time. A server may have the directory open:
 * it reads the file anew.
 *
 * @throws KEY_FILE_INVALID, KEY_FILE_LOCKED, what `change` throws, or the file system's own error
 */
export async function changeKeyFile(
  fs: FileSystem,
  directory: string,
  change: (keys: readonly KeyRecord[]) => readonly KeyRecord[],
): Promise<void> {
  const path = layoutOf(directory).apiKeys;
  await fs.mkdir(directory);
  const lock = await lockOf(fs, `${path}.lock`);
  try {
    const changed = change((await readKeyFile(fs, directory)) ?? []);
    await writeAtomically(fs, path, keyFileText(changed), OWNER_ONLY);
  } finally {
    await lock.release();
  }
}

/** Another change takes a moment only. */
async function lockOf(fs: FileSystem, path: string): ReturnType<typeof takeLock> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await takeLock(fs, path);
    } catch (cause) {
      if (!isArmatureError(cause) || cause.code !== 'DATA_DIR_LOCKED') throw cause;
      if (attempt === ATTEMPTS) throw serverError('KEY_FILE_LOCKED', { got: path, cause });
    }
    await new Promise((done) => setTimeout(done, PAUSE_MS));
  }
}
