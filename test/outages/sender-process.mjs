/**
 * Sends decisions to a server. `sender-process.mjs URL 8000` makes so many, says so, and closes on SIGTERM;
 * `sender-process.mjs URL "for ever" FILE` goes on until it is killed, and notes its counts in the file.
 */
import { openSync, writeSync } from 'node:fs';
import { createClient } from '@armature/sdk';

const [url, much, file] = process.argv.slice(2);
const client = createClient({ url, refresh: 'manual', logger: false, outbox: { everyMs: 100, batch: 500 } });
await client.ready();

if (file === undefined) {
  for (let n = 0; n < Number(much); n += 1) client.decide('reader');
  process.once('SIGTERM', async () => {
    console.log(JSON.stringify(await client.close()));
    process.exit(0);
  });
  setInterval(() => undefined, 1000);
  setTimeout(() => console.log('queued'), 300);
} else {
  const fd = openSync(file, 'w');
  for (let burst = 0; ; burst += 1) {
    for (let n = 0; n < 20; n += 1) client.decide('reader');
    const { produced, queued } = client.outbox;
    writeSync(fd, JSON.stringify({ produced, queued }).padEnd(60), 0);
    if (burst === 0) console.log('sending');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
