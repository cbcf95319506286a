import { serverError } from '../errors.js';
import type { FileSystem } from '../ports.js';
import { machineProcesses, type Processes, type ProcessName } from './processes.js';

/** Locks that this very process holds: its pid in a file proves nothing where pids come back, as in containers. */
const held = new Set<string>();
const ATTEMPTS = 5;

function parseHolder(text: string): ProcessName | undefined {
  try {
    const value = JSON.parse(text) as Partial<ProcessName> | null;
    return Number.isInteger(value?.pid) ? (value as ProcessName) : undefined;
  } catch {
    return undefined;
  }
}

async function isLive(path: string, holder: ProcessName | undefined, own: ProcessName, all: Processes) {
  if (holder === undefined) return false;
  return holder.pid === own.pid ? held.has(path) : all.isAlive(holder);
}

/**
 * Takes the lock of a data directory. A lock whose process is dead is taken over: it is renamed first, and looked at
 * again under its new name, so that two takers never both succeed.
 *
 * @returns what gives the lock back
 * @throws DATA_DIR_LOCKED while its process lives
 */
export async function takeLock(fs: FileSystem, path: string): Promise<() => Promise<void>> {
  const processes = machineProcesses(fs);
  const own = await processes.own();
  const mine = `${path}.${own.pid}`;
  const file = await fs.open(mine, 'replace');
  await file.write(Buffer.from(`${JSON.stringify(own)}\n`), 0);
  await file.close();
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      if (await fs.link(mine, path)) {
        held.add(path);
        return async () => {
          held.delete(path);
          await fs.remove(path);
        };
      }
      const text = await fs.readText(path);
      if (text === undefined) continue;
      const holder = parseHolder(text);
      if (await isLive(path, holder, own, processes)) {
        throw serverError('DATA_DIR_LOCKED', { got: `process ${holder?.pid}` });
      }
      await setAside(fs, path, `${mine}.stale`, text);
    }
  } finally {
    await fs.remove(mine).catch(() => {}); // a leftover name of ours holds nothing
  }
  throw serverError('DATA_DIR_LOCKED', { got: 'other processes that start at the same time' });
}

async function setAside(fs: FileSystem, path: string, aside: string, stale: string): Promise<void> {
  try {
    await fs.rename(path, aside);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw cause;
  }
  if ((await fs.readText(aside)) !== stale) await fs.link(aside, path);
  await fs.remove(aside);
}
