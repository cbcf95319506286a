import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { serverError } from '../errors.js';
import type { FileSystem } from '../ports.js';
import { machineProcesses, type Processes, type ProcessName } from './processes.js';

/** Locks that this very process holds: its pid in a file proves nothing where pids come back, as in containers. */
const held = new Set<string>();
const ATTEMPTS = 5;
/** What a holder that cannot be seen from here has begun to write when its lock is taken is written by then, ms. */
const FOREIGN_MS = 1000;
/** A look that began this long ago still counts, ms: four partitions that write a thousand groups a second share it. */
const FRESH_MS = 20;

interface Holder extends ProcessName {
  readonly host?: string;
}

/** A lock that this process has taken. */
export interface Lock {
  /**
   * Whether it is still ours, or was a moment ago: a process in another container sees no life in ours, and may have
   * taken it over.
   */
  isHeld(): Promise<boolean>;
  release(): Promise<void>;
}

function parseHolder(text: string): Holder | undefined {
  try {
    const value = JSON.parse(text) as Partial<Holder> | null;
    return Number.isInteger(value?.pid) ? (value as Holder) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether its processes are others than ours, so that none of them can be looked for. */
function isForeign(holder: Holder, own: Holder): boolean {
  if (holder.host !== undefined && holder.host !== own.host) return true;
  return holder.space !== undefined && holder.space !== own.space;
}

async function isLive(path: string, holder: ProcessName | undefined, own: ProcessName, all: Processes) {
  if (holder === undefined) return false;
  if (holder.space !== undefined && holder.space !== own.space) return false;
  return holder.pid === own.pid ? held.has(path) : all.isAlive(holder);
}

/**
 * Takes the lock of a data directory. A lock whose process is dead is taken over: it is renamed first, and looked at
 * again under its new name, so that two takes never both succeed. Of a holder on another host, in another container or
 * from before a boot nobody can tell whether it lives: its lock is taken too, and its own look before each write stops
 * it. Containers that follow each other often have the same name.
 *
 * @throws DATA_DIR_LOCKED while its process lives
 */
export async function takeLock(fs: FileSystem, path: string): Promise<Lock> {
  const processes = machineProcesses(fs);
  const own = await processes.own();
  const host = hostname();
  const id = randomUUID();
  const mine = `${path}.${own.pid}.${id}`;
  const line = `${JSON.stringify({ ...own, host, id })}\n`;
  let foreign = false;
  try {
    await writeLock(fs, mine, line);
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      if (await fs.link(mine, path)) {
        held.add(path);
        if (foreign) await new Promise((done) => setTimeout(done, FOREIGN_MS));
        return lockOf(fs, path, line);
      }
      const text = await fs.readText(path);
      if (text === undefined) continue;
      const holder = parseHolder(text);
      if (await isLive(path, holder, own, processes)) {
        throw serverError('DATA_DIR_LOCKED', { got: `process ${holder?.pid}` });
      }
      foreign = holder !== undefined && isForeign(holder, { ...own, host });
      await setAside(fs, path, `${mine}.stale`, text);
    }
  } finally {
    await fs.remove(mine);
  }
  throw serverError('DATA_DIR_LOCKED', { got: 'other processes that start at the same time' });
}

/** Who a lock names, and what can be told of that process from here. */
export interface LockHolder {
  readonly pid: number;
  readonly host?: string;
  /** `elsewhere`: on another machine, in another container, or of before a boot. */
  readonly is: 'alive' | 'dead' | 'elsewhere';
}

/** Who holds a lock, or held it; undefined where nobody does. Nothing is written. */
export async function lockHolder(fs: FileSystem, path: string): Promise<LockHolder | undefined> {
  const text = await fs.readText(path);
  const holder = text === undefined ? undefined : parseHolder(text);
  if (holder === undefined) return undefined;
  const processes = machineProcesses(fs);
  const own = { ...(await processes.own()), host: hostname() };
  const { pid, host } = holder;
  const is = isForeign(holder, own) ? 'elsewhere' : (await isLive(path, holder, own, processes)) ? 'alive' : 'dead';
  return { pid, ...(host === undefined ? {} : { host }), is };
}

async function writeLock(fs: FileSystem, path: string, line: string): Promise<void> {
  const file = await fs.open(path, 'replace');
  try {
    await file.write(Buffer.from(line), 0);
  } finally {
    await file.close();
  }
}

function lockOf(fs: FileSystem, path: string, line: string): Lock {
  // A look that fails tells nothing; a directory that is gone will not be written to either.
  const look = async (): Promise<boolean> => (await fs.readText(path).catch(() => line)) === line;
  let began = Number.NEGATIVE_INFINITY;
  let last: Promise<boolean> = Promise.resolve(true);
  return {
    isHeld() {
      const now = performance.now();
      if (now - began < FRESH_MS) return last;
      began = now;
      last = look();
      return last;
    },
    async release() {
      held.delete(path);
      if (await look()) await fs.remove(path);
    },
  };
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
