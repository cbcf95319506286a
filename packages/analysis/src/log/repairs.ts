import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { layoutOf } from './data-directory.js';

/** Records that a repair gave up. */
export interface GivenUp {
  /** When the repair was made, RFC 3339. */
  readonly at: string;
  /** The partition. */
  readonly stream: string;
  readonly offset: number;
  readonly records: number;
}

interface Account {
  readonly at: string;
  readonly repairs: readonly Omit<GivenUp, 'at'>[];
}

/** The records that repairs of a log gave up, oldest repair first; each once, also where a repair was begun twice. */
export async function readRepairs(directory: string): Promise<readonly GivenUp[]> {
  const folder = layoutOf(directory).repairs;
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw cause;
  }
  const found = new Map<string, GivenUp>();
  for (const name of names.filter((each) => /^[\dTZ-]+\.json$/.test(each)).sort()) {
    const { at, repairs } = JSON.parse(await readFile(join(folder, name), 'utf8')) as Account;
    for (const { stream, offset, records } of repairs) {
      if (records > 0) found.set(`${stream} ${offset}`, { at, stream, offset, records });
    }
  }
  return [...found.values()];
}
