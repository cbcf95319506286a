import { dirname } from 'node:path';
import type { FileSystem } from '../ports.js';

/** Replaces a file so that a crash leaves the old text or the new one: write beside it, sync, rename, sync the folder. */
export async function writeAtomically(fs: FileSystem, path: string, text: string, permissions?: number): Promise<void> {
  const beside = `${path}.new`;
  const file = await fs.open(beside, 'replace', permissions);
  try {
    await file.write(Buffer.from(text, 'utf8'), 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await fs.rename(beside, path);
  await fs.syncDirectory(dirname(path));
}
