/** The built programs that tests start, and whether they are those of the sources. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PACKAGES = ['sdk', 'analysis', 'server'];

const changedAt = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

function newestIn(folder: string): { readonly path: string; readonly at: number } {
  let newest = { path: folder, at: 0 };
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts')) continue;
    const at = changedAt(join(folder, name));
    if (at > newest.at) newest = { path: join(folder, name), at };
  }
  return newest;
}

/**
 * Why what was built is not what the sources say, or undefined: a test that starts an older program, or half of one,
 * would judge code that nobody sees.
 *
 * @param root of the repository
 */
export function buildFault(root: string): string | undefined {
  for (const name of PACKAGES) {
    const built = changedAt(join(root, 'packages', name, 'dist', '.tsbuildinfo'));
    if (built === 0) return `packages/${name} was never built; run npx tsc -b`;
    const { path, at } = newestIn(join(root, 'packages', name, 'src'));
    if (at > built) return `${path.slice(root.length)} is newer than packages/${name}/dist; run npx tsc -b`;
  }
  return undefined;
}

/** A program that imports what was built. Throws where that is not what the sources say. */
export function builtProgram(path: string): string {
  const fault = buildFault(ROOT);
  if (fault !== undefined) throw new Error(`stale build: ${fault}`);
  return join(ROOT, path);
}

/** The command line's program. */
export const builtBinary = (): string => builtProgram('packages/server/bin/armature.js');
