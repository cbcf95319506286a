import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';

/** Changes what a checkpoint says, and its checksum with it. */
export async function editCheckpoint(path: string, change: (body: string) => string): Promise<void> {
  const stored = JSON.parse(await readFile(path, 'utf8')) as { schema: number; body: string };
  const body = change(stored.body);
  const sha256 = createHash('sha256').update(body).digest('hex');
  await writeFile(path, `${JSON.stringify({ schema: stored.schema, sha256, body })}\n`);
}
