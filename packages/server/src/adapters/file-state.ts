import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import { encodeFloor, layoutOf, readFloor } from '@armature/analysis/log';
import type { Checkpoint, FileSystem, Logger, StateStore } from '../ports.js';
import { writeAtomically } from './atomic-file.js';
import { logFault } from './log-fault.js';

interface Stored extends Checkpoint {
  readonly schema: 1;
  readonly sha256: string;
}

const digest = (state: string): string => createHash('sha256').update(state).digest('hex');

/** Checkpoints as files beside the log. A damaged one is as good as none: the partition is folded from the start. */
export async function fileState(fs: FileSystem, directory: string, logger: Logger): Promise<StateStore> {
  const layout = layoutOf(directory);
  await fs.mkdir(dirname(layout.checkpoint(0)));
  return {
    async load(partition) {
      const path = layout.checkpoint(partition);
      const text = await fs.readText(path);
      if (text === undefined) return undefined;
      const stored = parse(text);
      if (stored === undefined) {
        logger.warn('damaged checkpoint ignored', { partition, path, remedy: 'none needed: the log is folded again' });
        return undefined;
      }
      return { log: stored.log, offset: stored.offset, state: stored.state };
    },
    async loadFloor(partition) {
      try {
        return await readFloor(directory, partition);
      } catch (cause) {
        throw logFault(cause);
      }
    },
    saveFloor: (partition, floor) => writeAtomically(fs, layout.floor(partition), encodeFloor(floor)),
    async save(partition, { log, offset, state }) {
      const stored: Stored = { schema: 1, log, offset, sha256: digest(state), state };
      await writeAtomically(fs, layout.checkpoint(partition), `${JSON.stringify(stored)}\n`);
    },
  };
}

function parse(text: string): Stored | undefined {
  try {
    const value = JSON.parse(text) as Stored | null;
    if (value === null || value.schema !== 1 || typeof value.state !== 'string') return undefined;
    if (typeof value.log !== 'string' || !Number.isSafeInteger(value.offset) || value.offset < 0) return undefined;
    return digest(value.state) === value.sha256 ? value : undefined;
  } catch {
    return undefined;
  }
}
