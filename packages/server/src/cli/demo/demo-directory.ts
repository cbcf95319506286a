import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
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
  await mkdir(experiments, { recursive: true });
  await writeFile(join(experiments, `${EXPERIMENT}.yaml`), experimentFile(lateness));
  return { data, experiments };
}

/** What a demo writes into its data directory; nothing else there is touched. */
const WRITTEN = [
  ...['log.json', 'anchor.json', 'lock', 'config', 'events', 'checkpoints'],
  ...['experiments', 'signing.key'],
] as const;

/** Removes what an earlier demo wrote. */
export async function clearDemo(data: string): Promise<void> {
  for (const name of WRITTEN) await rm(join(data, name), { recursive: true, force: true });
}
