import { stat } from 'node:fs/promises';
import { isArmatureError } from '@armature/sdk';
import type { ExperimentFile } from '@armature/sdk/protocol';
import { readExperimentFiles } from '../adapters/experiment-files.js';
import { readRegularFile } from '../adapters/regular-file.js';
import { cliError } from './cli-errors.js';

/** Where experiment files lie unless a command is told otherwise. */
export const EXPERIMENTS = 'experiments';

async function filesOf(path: string): Promise<readonly ExperimentFile[]> {
  try {
    if ((await stat(path)).isDirectory()) return await readExperimentFiles(path);
    return [{ file: path, text: await readRegularFile(path) }];
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const got = isArmatureError(cause) ? cause.got : `${path}: ${code ?? message}`;
    throw cliError('FILE_UNREADABLE', { ...(got === undefined ? {} : { got }), cause });
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
