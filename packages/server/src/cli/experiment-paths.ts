import { readFile, stat } from 'node:fs/promises';
import type { ExperimentFile } from '@armature/sdk/protocol';
import { readExperimentFiles } from '../adapters/experiment-files.js';
import { cliError } from './cli-errors.js';

/** Where experiment files lie unless a command is told otherwise. */
export const EXPERIMENTS = 'experiments';

async function filesOf(path: string): Promise<readonly ExperimentFile[]> {
  try {
    if ((await stat(path)).isDirectory()) return await readExperimentFiles(path);
    return [{ file: path, text: await readFile(path, 'utf8') }];
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw cliError('FILE_UNREADABLE', { got: `${path}: ${code ?? (cause as Error).message}`, cause });
  }
}

/**
 * The experiment files of folders and files, each once.
 *
 * @throws FILE_UNREADABLE; NO_EXPERIMENTS where there is none
 */
export async function readExperimentPaths(paths: readonly string[]): Promise<readonly ExperimentFile[]> {
  const files = new Map<string, ExperimentFile>();
  for (const path of paths) for (const file of await filesOf(path)) files.set(file.file, file);
  if (files.size === 0) throw cliError('NO_EXPERIMENTS', { got: paths.join(' ') });
  return [...files.values()];
}
