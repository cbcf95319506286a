/** Loads a TypeScript module of this repository, with the packages' sources behind it: for scripts that print what tests check. */
import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const CACHE = join(ROOT, 'node_modules', '.cache', 'armature');

/** As vitest.config.ts has them. */
const source = (path) => join(ROOT, 'packages', path);
const ALIAS = {
  '@armature/sdk': source('sdk/src/index.ts'),
  '@armature/sdk/browser': source('sdk/src/browser/index.ts'),
  '@armature/sdk/policies': source('sdk/src/policies/index.ts'),
  '@armature/sdk/protocol': source('sdk/src/protocol/index.ts'),
  '@armature/sdk/node': source('sdk/src/node/index.ts'),
  '@armature/analysis': source('analysis/src/index.ts'),
  '@armature/analysis/fold': source('analysis/src/fold/index.ts'),
  '@armature/analysis/log': source('analysis/src/log/index.ts'),
  '@armature/server': source('server/src/index.ts'),
  '@armature/server/local': source('server/src/local.ts'),
};

const aliases = {
  name: 'sources',
  setup(bundle) {
    bundle.onResolve({ filter: /^@armature\// }, ({ path }) => {
      const file = ALIAS[path];
      return file === undefined ? { external: true } : { path: file };
    });
  },
};

/** The module at `path` (from the root) in one file of JavaScript: its path. */
export async function bundle(path) {
  mkdirSync(CACHE, { recursive: true });
  const outfile = join(CACHE, `${path.replaceAll('/', '-')}.${process.pid}.mjs`);
  await build({
    entryPoints: [join(ROOT, path)],
    bundle: true,
    packages: 'external',
    plugins: [aliases],
    platform: 'node',
    format: 'esm',
    target: 'node20',
    // modules that look for the repository from where they lie are in test/
    define: { 'import.meta.url': JSON.stringify(pathToFileURL(join(ROOT, 'test', 'module.ts')).href) },
    sourcemap: 'inline',
    outfile,
    logLevel: 'error',
  });
  return outfile;
}

/** What the module at `path` exports. */
export async function load(path) {
  const outfile = await bundle(path);
  try {
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(outfile, { force: true });
  }
}
