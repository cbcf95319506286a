// Decides while its sticky store is away, waits for it many times, closes, and says what that cost.
import { createClient } from '@armature/sdk';
import { stickyAssignment } from '@armature/sdk/sticky';

const experiment = {
  ...{ version: '1.1', hash: 1, salt: 's', definition: 'sha256:ab', assign: 'sticky', status: 'running', control: 'a' },
  ...{ arms: ['a', 'b'], rules: [{ id: 'policy', weights: [0.5, 0.5] }] },
};
const bootstrap = {
  schema: 1,
  version: '1.1',
  hash: '',
  issued: '2026-11-24T00:00:00.000Z',
  experiments: { x: experiment },
};
const away = { get: async () => [], setIfAbsent: () => Promise.reject(new Error('away')) };
const client = createClient({ bootstrap, sticky: stickyAssignment(away), logger: false });
await client.prefetch('u-1');
client.decide('x', { unit: 'u-1' });

const flushes = async () => {
  await Promise.all(Array.from({ length: 5000 }, () => client.flush()));
  globalThis.gc();
  return process.memoryUsage().heapUsed;
};
await flushes(); // what is made once
const before = await flushes();
const after = await flushes();
await client.close({ timeoutMs: 200 });
console.log(JSON.stringify({ bytesForAFlush: (after - before) / 5000 }));
