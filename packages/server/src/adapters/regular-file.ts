import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/** More than an experiment file may have: up to here the parser tells what is too much. */
const MOST_BYTES = 1024 * 1024;

/**
 * The text of a regular file that is small enough to be an experiment file. A pipe would be waited on for ever, a
 * device never ends, and neither is opened in a way that waits.
 *
 * @throws Error that names the kind or the size; the system's error when it cannot be opened
 */
export async function readRegularFile(path: string): Promise<string> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw new Error(`${path} is no regular file`);
    if (stat.size > MOST_BYTES) throw new Error(`${path} has ${stat.size} bytes, more than ${MOST_BYTES}`);
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}
