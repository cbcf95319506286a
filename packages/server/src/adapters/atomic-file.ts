import { dirname } from 'node:path';
import type { FileSystem } from '../ports.js';

function piecesOf(content: string | Uint8Array | readonly Uint8Array[]): readonly Uint8Array[] {
  if (typeof content === 'string') return [Buffer.from(content, 'utf8')];
  return content instanceof Uint8Array ? [content] : content;
}

/** Replaces a file so that a crash leaves the old content or the new one: write beside it, sync, rename, sync the folder. */
export async function writeAtomically(
  fs: FileSystem,
  path: string,
  content: string | Uint8Array | readonly Uint8Array[],
  permissions?: number,
): Promise<void> {
  const beside = `${path}.new`;
  const file = await fs.open(beside, 'replace', permissions);
  let written = false;
  try {
    let end = 0;
    for (const bytes of piecesOf(content)) {
      await file.write(bytes, end);
      end += bytes.length;
    }
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
