/** A client whose snapshot cannot be kept, its files being limited by who starts it: what it says and does. */
import { createClient } from '@armature/sdk';
import { fileCache } from '@armature/sdk/node';

const [path, text] = process.argv.slice(2);
const snapshot = { ...JSON.parse(text), filler: 'x'.repeat(1_000_000) };
const send = async (events) => ({ accepted: events.length, rejected: 0, errors: [] });
const transport = { send, fetchSnapshot: async () => snapshot };
const client = createClient({ transport, cache: fileCache(path), refresh: 'manual', logger: false });
const codes = [];
client.on('error', ({ code }) => codes.push(code));
await client.ready();
const { reason, snapshot: version } = client.decide('reader');
const { sent } = await client.close();
console.log(JSON.stringify({ codes, reason, version, sent }));
