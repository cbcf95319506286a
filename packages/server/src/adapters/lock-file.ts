import { kill, pid } from 'node:process';
import { serverError } from '../errors.js';
import type { FileSystem } from '../ports.js';

interface Holder {
  readonly pid: number;
  /** Start of the process in clock ticks since boot, where the system tells it: a pid alone comes back. */
  readonly started?: string;
}

/** Locks that this very process holds: its pid in a file proves nothing where pids come back, as in containers. */
const held = new Set<string>();

async function startOf(fs: FileSystem, process: number): Promise<string | undefined> {
  const stat = await fs.readText(`/proc/${process}/stat`).catch(() => undefined);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}

function parseHolder(text: string): Holder | undefined {
  try {
    const value = JSON.parse(text) as Partial<Holder> | null;
    return Number.isInteger(value?.pid) ? (value as Holder) : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(process: number): boolean {
  try {
    kill(process, 0);
    return true;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function isLive(fs: FileSystem, path: string, holder: Holder | undefined): Promise<boolean> {
  if (holder === undefined) return false;
  if (holder.pid === pid) return held.has(path);
  if (!isAlive(holder.pid)) return false;
  return holder.started === undefined || holder.started === (await startOf(fs, holder.pid));
}

/**
 * Takes the lock of a data directory. A lock whose process is dead is taken over: it is renamed first, and looked at
 * again under its new name, so that two takers never both succeed.
 *
 * @returns what gives the lock back
 * @throws DATA_DIR_LOCKED while its process lives
 */
export async function takeLock(fs: FileSystem, path: string): Promise<() => Promise<void>> {
  const started = await startOf(fs, pid);
  const mine = `${path}.${pid}`;
  const file = await fs.open(mine, 'replace');
  await file.write(Buffer.from(`${JSON.stringify({ pid, ...(started === undefined ? {} : { started }) })}\n`), 0);
  await file.close();
  try {
    for (let attempt = 0; attempt < 5; attempt += 1) {
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
      if (await isLive(fs, path, holder)) throw serverError('DATA_DIR_LOCKED', { got: `process ${holder?.pid}` });
      await setAside(fs, path, text);
    }
  } finally {
    await fs.remove(mine);
  }
  throw serverError('DATA_DIR_LOCKED', { got: 'other processes that start at the same time' });
}

async function setAside(fs: FileSystem, path: string, stale: string): Promise<void> {
  const aside = `${path}.${pid}.stale`;
  try {
    await fs.rename(path, aside);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw cause;
  }
  if ((await fs.readText(aside)) !== stale) await fs.link(aside, path);
  await fs.remove(aside);
}
