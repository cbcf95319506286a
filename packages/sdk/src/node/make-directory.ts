import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

const codeOf = (cause: unknown): unknown => (cause as NodeJS.ErrnoException).code;

/**
 * Makes a directory, and those that it is in. Not by Node's `recursive`: where a directory is there and takes no new
 * one, as under /proc, Node 20 tries again for ever, on a thread that nothing ends.
 *
 * @param mode of the directories that are made
 * @throws the file system's error
 */
export async function makeDirectory(path: string, mode = 0o777): Promise<void> {
  try {
    await mkdir(path, mode);
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST' && (await stat(path)).isDirectory()) return;
    const parent = dirname(path);
    const missing = codeOf(cause) === 'ENOENT' && parent !== path;
    if (
      !missing ||
      (await stat(parent).then(
        () => true,
        () => false,
      ))
    )
      throw cause;
    await makeDirectory(parent, mode);
    await makeDirectory(path, mode);
  }
}
