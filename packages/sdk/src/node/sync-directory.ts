import { open } from 'node:fs/promises';

/** The directory's entries must survive a power cut too. Not every system can sync a directory. */
export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
