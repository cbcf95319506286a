/** What an application pays in bytes: the entry bundled for a browser, minified and compressed. */
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { ROOT } from './source-tree.js';

/** Bytes allowed after minify and gzip. Lower a figure when a build is smaller; raise one only with a reason (docs/adr/0010). */
const BUDGETS = [
  { entry: '@armature/sdk', source: 'packages/sdk/src/index.ts', bytes: 19_400 },
  { entry: '@armature/sdk/browser', source: 'packages/sdk/src/browser/index.ts', bytes: 8150 },
  { entry: '@armature/sdk/policies', source: 'packages/sdk/src/policies/index.ts', bytes: 14_630 },
] as const;

async function bundledBytes(source: string): Promise<number> {
  const { outputFiles } = await build({
    entryPoints: [join(ROOT, source)],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    write: false,
    logLevel: 'silent',
  });
  return gzipSync(outputFiles[0]?.contents ?? new Uint8Array(), { level: 9 }).length;
}

test.each(BUDGETS)('$entry fits in $bytes bytes', async ({ source, bytes }) => {
  const size = await bundledBytes(source);
  expect(size).toBeGreaterThan(20); // an empty bundle means that the entry lost its exports
  expect(size).toBeLessThanOrEqual(bytes);
});
