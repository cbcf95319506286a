import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Engine, type EngineOptions, openEngine, virtualClock } from '@armature/server';

/** A folder with experiments and data, and the engine on them. */
export interface Loop {
  readonly root: string;
  readonly experiments: string;
  readonly data: string;
  readonly engine: Engine;
  write(file: string, text: string): Promise<void>;
  close(): Promise<void>;
}

/** Opens an engine whose clock stands still, so that nothing moves by itself. */
export async function openLoop(
  files: { readonly [file: string]: string },
  options: Partial<EngineOptions> = {},
): Promise<Loop> {
  const root = await mkdtemp(join(tmpdir(), 'armature-catalogue-'));
  const [experiments, data] = [join(root, 'experiments'), join(root, 'data')];
  await mkdir(experiments);
  const write = (file: string, text: string): Promise<void> => writeFile(join(experiments, file), text);
  for (const [file, text] of Object.entries(files)) await write(file, text);
  const engine = await openEngine({ experiments, data, watch: false, clock: virtualClock(Date.now()), ...options });
  return {
    ...{ root, experiments, data, engine, write },
    async close() {
      await engine.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** A digest of every byte under a folder, locks apart. */
export async function bytesUnder(folder: string): Promise<string> {
  const hash = createHash('sha256');
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !entry.name.startsWith('lock'));
  for (const path of files.map((entry) => join(entry.parentPath, entry.name)).sort()) {
    hash
      .update(path)
      .update('\0')
      .update(await readFile(path));
  }
  return hash.digest('hex');
}

/** The log's bytes, what was learnt, the health figures and what is served. */
export async function stateOf({ data, engine }: Loop): Promise<string> {
  const offsets = engine.partitions.map((partition) => partition.state.offset);
  const learnt = [engine.statistics(), [...engine.health()], engine.snapshot];
  return JSON.stringify([await bytesUnder(data), offsets, ...learnt]);
}

/** Waits until something holds, or fails after fifteen seconds. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  for (let i = 0; i < 1500; i += 1) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`not within fifteen seconds: ${what}`);
}
