import { type FSWatcher, watch } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExperimentFile } from '@armature/sdk/protocol';
import { serverError } from '../errors.js';
import type { Clock } from '../ports.js';
import { readRegularFile } from './regular-file.js';

const DEBOUNCE_MS = 100;
const POLL_MS = 2000;

/** The YAML files of a directory, in order of their names. */
export async function readExperimentFiles(directory: string): Promise<readonly ExperimentFile[]> {
  try {
    const names = (await readdir(directory)).filter((name) => /\.ya?ml$/.test(name) && !name.startsWith('.')).sort();
    return await Promise.all(
      names.map(async (name) => {
        const file = join(directory, name);
        return { file, text: await readRegularFile(file) };
      }),
    );
  } catch (cause) {
    throw serverError('EXPERIMENTS_MISSING', { got: `${directory}: ${(cause as Error).message}`, cause });
  }
}

/**
 * Calls `onChange` after something in the directory changed, a moment later so that a save in several steps is one
 * change. Where the system tells nothing, the directory is looked at every two seconds.
 *
 * @returns stops it
 */
export function watchExperimentFiles(directory: string, clock: Clock, onChange: () => Promise<void>): () => void {
  let cancel: (() => void) | undefined;
  const soon = (): void => {
    cancel?.();
    cancel = clock.after(DEBOUNCE_MS, onChange);
  };
  let watcher: FSWatcher | undefined;
  try {
    watcher = watch(directory, { persistent: false }, soon);
    watcher.on('error', () => watcher?.close());
  } catch {
    watcher = undefined; // the poll is enough
  }
  const stopPolling = clock.every(POLL_MS, onChange);
  return () => {
    cancel?.();
    stopPolling();
    watcher?.close();
  };
}
