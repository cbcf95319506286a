import { readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { disk } from '../src/index.js';
import type { FileSystem, OpenFile } from '../src/ports.js';

/** A fault to inject: at the n-th call from now (1 is the next), the operation fails with this code. */
export interface Injection {
  readonly operation: 'write' | 'datasync' | 'truncate' | 'syncDirectory' | 'open' | 'rename';
  readonly code: 'ENOSPC' | 'EIO';
  /** Bytes that a failing write leaves behind. @default 0 */
  readonly partial?: number;
  /** How many calls fail. @default 1 */
  readonly times?: number;
}

/**
 * The real disk with a memory of what was synced: `crash` takes away every byte and every name that was not, as a power
 * cut may, and lets nothing through any more. A share of the unsynced bytes may survive, as torn writes do.
 */
export interface FaultyDisk extends FileSystem {
  inject(injection: Injection): void;
  /** From now on nothing that was injected fails any more. */
  heal(): void;
  /** @param keep share of each file's unsynced bytes that survive, 0 to 1 */
  crash(keep?: number): void;
  /** Crashes at the next call of an operation, before it does anything. */
  crashAt(operation: Injection['operation'], keep?: number): void;
  /** Calls so far. */
  readonly calls: { readonly [operation: string]: number };
}

interface Known {
  durable: number;
  size: number;
}

function fault(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code });
}

export function faultyDisk(): FaultyDisk {
  const real = disk();
  const calls: { [operation: string]: number } = {};
  const files = new Map<string, Known>();
  /** Names that a crash takes away, with what stood under them before (undefined: nothing). */
  const names = new Map<string, Buffer | undefined>();
  /** Locks die with their process. */
  const locks = new Set<string>();
  let injections: (Injection & { left: number })[] = [];
  let crashed = false;
  let fuse: { readonly operation: string; readonly keep: number } | undefined;

  const enter = (operation: string): Injection | undefined => {
    if (fuse?.operation === operation) crash(fuse.keep);
    if (crashed) throw fault('EIO');
    calls[operation] = (calls[operation] ?? 0) + 1;
    const found = injections.find((one) => one.operation === operation);
    if (found === undefined) return undefined;
    found.left -= 1;
    injections = injections.filter((one) => one.left > 0);
    return found;
  };
  const guard = (operation: string): void => {
    const found = enter(operation);
    if (found !== undefined) throw fault(found.code);
  };
  const before = (path: string): Buffer | undefined => {
    try {
      return readFileSync(path);
    } catch {
      return undefined;
    }
  };

  const crash = (keep = 0): void => {
    crashed = true;
    for (const [path, known] of files) {
      if (before(path) !== undefined)
        truncateSync(path, known.durable + Math.floor((known.size - known.durable) * keep));
    }
    for (const path of locks) rmSync(path, { force: true });
    for (const [path, old] of names) {
      if (old === undefined) rmSync(path, { force: true });
      else writeFileSync(path, old);
    }
  };
  const track = (path: string, file: OpenFile): OpenFile => ({
    async write(bytes, position) {
      const found = enter('write');
      const known = files.get(path);
      const part = found === undefined ? bytes : bytes.subarray(0, found.partial ?? 0);
      await file.write(part, position);
      if (known !== undefined) known.size = Math.max(known.size, position + part.length);
      if (found !== undefined) throw fault(found.code);
    },
    async datasync() {
      guard('datasync');
      const known = files.get(path);
      const size = known?.size ?? 0;
      await file.datasync();
      if (crashed) throw fault('EIO');
      if (known !== undefined) known.durable = size;
    },
    async sync() {
      guard('datasync');
      const known = files.get(path);
      const size = known?.size ?? 0;
      await file.sync();
      if (crashed) throw fault('EIO');
      if (known !== undefined) known.durable = size;
    },
    async truncate(length) {
      guard('truncate');
      await file.truncate(length);
      const known = files.get(path);
      if (known !== undefined) {
        known.size = length;
        known.durable = Math.min(known.durable, length);
      }
    },
    close: () => file.close(),
  });

  return {
    ...real,
    async open(path, mode, permissions) {
      guard('open');
      const old = before(path);
      if (old === undefined && !names.has(path)) names.set(path, undefined);
      const file = await real.open(path, mode, permissions);
      const size = mode === 'existing' ? statSync(path).size : 0;
      files.set(path, { durable: mode === 'existing' ? (files.get(path)?.durable ?? size) : 0, size });
      return track(path, file);
    },
    async rename(from, to) {
      guard('rename');
      if (!names.has(to)) names.set(to, before(to));
      await real.rename(from, to);
      const moved = files.get(from);
      if (moved !== undefined) files.set(to, moved);
      files.delete(from);
      names.delete(from);
    },
    async link(from, to) {
      if (crashed) throw fault('EIO');
      const made = await real.link(from, to);
      if (made) locks.add(to);
      return made;
    },
    async remove(path) {
      if (crashed) throw fault('EIO');
      await real.remove(path);
      files.delete(path);
      names.delete(path);
    },
    async syncDirectory(path) {
      guard('syncDirectory');
      await real.syncDirectory(path);
      for (const name of names.keys()) if (dirname(name) === path) names.delete(name);
    },
    inject(injection) {
      injections.push({ ...injection, left: injection.times ?? 1 });
    },
    heal() {
      injections = [];
    },
    crash,
    crashAt(operation, keep = 0) {
      fuse = { operation, keep };
    },
    calls,
  };
}
