import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { disk } from '../../adapters/disk.js';
import { lockHolder } from '../../adapters/lock-file.js';
import { serverError } from '../../errors.js';
import { cliError } from '../cli-errors.js';
import { EXPERIMENT, experimentFile } from './published-test.js';

/** The folders of one demo: its data directory, and in it the experiment file. */
export interface DemoDirectory {
  readonly data: string;
  readonly experiments: string;
}

/**
 * Writes the experiment file; what an earlier run has learned stays.
 *
 * @param lateness how long after its window a trial waits for clicks that are on their way
 */
export async function prepareDemo(data: string, lateness?: string): Promise<DemoDirectory> {
  const experiments = join(data, 'experiments');
  await requireDemo(data);
  await mkdir(data, { recursive: true });
  await writeFile(join(data, MARK), 'What is in this folder belongs to `armature demo`, which may delete it.\n');
  await mkdir(experiments, { recursive: true });
  await writeFile(join(experiments, `${EXPERIMENT}.yaml`), experimentFile(lateness));
  return { data, experiments };
}

/** Only a demo's folder has it. */
const MARK = 'demo.txt';

/**
 * A demo takes nobody else's folder: what it finds there it would take for its own, or delete.
 *
 * @throws DEMO_DIRECTORY_TAKEN
 */
async function requireDemo(data: string): Promise<void> {
  const found: readonly string[] = await readdir(data).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return [];
    throw cause;
  });
  if (found.length > 0 && !found.includes(MARK)) throw cliError('DEMO_DIRECTORY_TAKEN', { got: data });
  const holder = await lockHolder(disk(), join(data, 'lock'));
  if (holder?.is === 'alive') throw serverError('DATA_DIR_LOCKED', { got: `process ${holder.pid}` });
}

/** What a demo writes into its data directory; nothing else there is touched. */
const WRITTEN = [
  ...['log.json', 'anchor.json', 'lock', 'config', 'events', 'checkpoints'],
  ...['experiments', 'signing.key'],
] as const;

/**
 * Removes what an earlier demo wrote.
 *
 * @throws DEMO_DIRECTORY_TAKEN, DATA_DIR_LOCKED
 */
export async function clearDemo(data: string): Promise<void> {
  await requireDemo(data);
  for (const name of WRITTEN) await rm(join(data, name), { recursive: true, force: true });
}
