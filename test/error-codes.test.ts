/** Which codes of the error tables a test provokes: a code that no test names is a promise that nobody checks. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClient, type Transport } from '@armature/sdk';
import { parseSnapshot } from '@armature/sdk/protocol';
import { expect, test } from 'vitest';
import { readDocument } from './document.js';
import { listFiles, ROOT } from './source-tree.js';

/** Codes that no test provokes, and why. The list may only get shorter. */
const UNPROVOKED: { readonly [code: string]: string } = {
  ADDRESS_UNUSABLE: 'the command line turns the system’s own error into it',
  DATA_DIR_INVALID: 'a number of partitions that the command line refuses before',
  DECISION_REFUSED: 'the server would have to refuse a decision that it drew itself',
  DEMO_CLIENT_FAILED: 'the second process of the demo would have to die in the middle of it',
  EVENTS_EXPIRED: 'the outbox tests count what expired and do not read the code',
  INTERNAL: 'a fault of the server itself: the fuzzer looks for one',
  KEY_FILE_LOCKED: 'two processes would have to write keys within the same milliseconds',
  LOG_SHORTENED: 'the log would have to lose records between two reads of a running command',
  METHOD_NOT_ALLOWED: 'the table of routes and kinds of keys looks at the status 405 alone',
};

test('every code is named by a test, apart from a list with reasons', () => {
  const codes = [...readDocument('docs/errors.md').matchAll(/^\| `([A-Z0-9_]+)`/gm)].map((match) => match[1] ?? '');
  const folders = ['test', ...['sdk', 'analysis', 'server'].map((name) => join('packages', name, 'test'))];
  const paths = folders
    .flatMap((folder) => listFiles(folder, ['.ts']))
    .filter((path) => !path.endsWith('error-codes.test.ts'));
  const text = [...paths.map((path) => readFileSync(join(ROOT, path), 'utf8')), ...Object.keys(PROVOKED)].join('\n');
  const unnamed = codes.filter((code) => !new RegExp(`\\b${code}\\b`).test(text));
  expect(codes.length).toBeGreaterThan(100);
  expect(unnamed.sort()).toEqual(Object.keys(UNPROVOKED).filter((code) => codes.includes(code)));
});

const PROVOKED: { readonly [code: string]: () => Promise<string | undefined> } = {
  async CLIENT_CLOSED() {
    const transport: Transport = {
      send: async () => ({ accepted: 0, rejected: 0, errors: [] }),
      fetchSnapshot: async () => 'unchanged',
    };
    const client = createClient({ transport, refresh: 'manual', logger: false });
    await client.close();
    return client.reward({ experiment: 'a', unit: 'u-1' }, { sale: 1 }).error;
  },
  async SNAPSHOT_INVALID() {
    const parsed = parseSnapshot({ schema: 2 });
    return parsed.ok ? undefined : parsed.faults[0]?.code;
  },
};

test.each(Object.entries(PROVOKED))('%s is what comes of it', async (code, provoke) => {
  expect(await provoke()).toBe(code);
});
