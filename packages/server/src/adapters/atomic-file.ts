import { dirname } from 'node:path';
import type { FileSystem } from '../ports.js';

/** Replaces a file so that a crash leaves the old content or the new one: write beside it, sync, rename, sync the folder. */
export async function writeAtomically(
  fs: FileSystem,
  path: string,
  content: string | Uint8Array,
  permissions?: number,
): Promise<void> {
  const beside = `${path}.new`;
  const file = await fs.open(beside, 'replace', permissions);
  let written = false;
  try {
    await file.write(typeof content === 'string' ? Buffer.from(content, 'utf8') : content, 0);
    await file.sync();
    written = true;
  } finally {
    await file.close();
    // on a full disk half a file would keep the space that the log needs
    if (!written) await fs.remove(beside).catch(() => {});
  }
  await fs.rename(beside, path);
  await fs.syncDirectory(dirname(path));
}
