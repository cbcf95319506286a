/** Saves snapshots into one file for ever, and says on standard output which are saved: for tests that kill it. */
import { writeSync } from 'node:fs';
import { fileCache } from '@armature/sdk/node';

const [path, first] = process.argv.slice(2);
const cache = fileCache(path);
const filler = 'x'.repeat(200_000);
for (let n = Number(first); ; n += 1) {
  await cache.save({ snapshot: { version: `1.${n}`, filler }, confirmedAt: n });
  writeSync(1, `${n}\n`);
}
