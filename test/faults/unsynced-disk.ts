import {
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { Random } from '@armature/analysis';
import { disk, type FileSystem, type OpenFile } from '@armature/server';
import { type Entry, type File, type Names, powerLoss } from './power-loss-image.js';

/**
 * How a life ends. `kill`: the process dies, and all it wrote is still there, synced or not. The other two cut the
 * power: of what was not synced a part survives, with `zeros` in place of lost blocks, or as the bytes' `prefix`.
 */
export type End = 'kill' | 'prefix' | 'zeros';

/** The disk as one process sees it, from its start to its end. */
export interface Life {
  readonly fs: FileSystem;
  /** Where the data directory is in this life. */
  readonly data: string;
  /** What was done to the disk so far, e.g. `write data/log.json.new`. */
  readonly operations: readonly string[];
  readonly ended: boolean;
  /** Ends it now: from here on every operation and every open file fails. */
  end(how: End): void;
  /** Ends it in the middle of its n-th operation; 1 is the first. */
  endAt(n: number, how: End): void;
  /** A bit of a file turns, as on a bad disk. */
  flip(path: string, byte: number): void;
  /** From now on an operation fails, for a while. */
  inject(injection: Injection): void;
  /** From now on nothing fails any more that was injected. */
  heal(): void;
  /** What needs space finds none from its n-th operation on, as many operations long. */
  fullAt(n: number, operations: number): void;
}

/** A fault of the disk: the next operations of a kind fail with a code of the system. */
export interface Injection {
  readonly operation:
    | 'write'
    | 'datasync'
    | 'sync'
    | 'truncate'
    | 'syncDirectory'
    | 'open'
    | 'rename'
    | 'link'
    | 'mkdir';
  readonly code: 'ENOSPC' | 'EIO';
  /** Share of its bytes that a failing write leaves behind. @default 0 */
  readonly part?: number;
  /** How many fail. @default 1 */
  readonly times?: number;
}

/** What a full disk refuses. */
const ALLOCATING: readonly string[] = ['open', 'write', 'mkdir', 'link'];

/** A machine with one disk, and processes on it one after the other. */
export interface UnsyncedDisk {
  start(): Life;
}

/** A sync that does nothing: what a program that promised too early would have done. */
export type Ignored = 'datasync' | 'sync' | 'syncDirectory';

function systemError(code: string, what: string): Error {
  return Object.assign(new Error(`${code}: ${what}`), { code });
}

const noFile = (): File => ({ content: Buffer.alloc(0), durable: Buffer.alloc(0), safe: 0 });

interface Change {
  readonly folder: string;
  apply(names: Names): void;
}

/**
 * A disk that knows what was synced. The bytes of a file are durable up to its last sync; names (makings, renames,
 * links, removals, folders) are durable when their folder was synced. What is visible lies in a real folder, a new one
 * for each life, since the log's readers open files by their path; what is durable is kept beside it in memory, over
 * all lives: a killed process leaves bytes that the next one can read and that are durable no more than before.
 *
 * @param folder an empty folder
 * @param random decides what of the unsynced survives
 * @param ignored syncs that do nothing
 * @param made the folders that were there, durably, before the first life
 */
export function unsyncedDisk(
  folder: string,
  random: Random,
  ignored: readonly Ignored[] = [],
  made: readonly string[] = ['data'],
): UnsyncedDisk {
  let visible: Names = new Map(made.map((path): [string, Entry] => [path, 'folder']));
  let durable: Names = new Map(visible);
  let pending: Change[] = [];
  let lives = 0;

  const cutPower = (how: 'prefix' | 'zeros'): void => {
    const kept = new Map(durable);
    for (const place of new Set(pending.map((change) => change.folder))) {
      // a journal keeps the order of its entries: what survives of a folder's changes is their beginning
      const changes = pending.filter((change) => change.folder === place);
      const count = random() < 0.5 ? 0 : Math.floor(random() * (changes.length + 1));
      for (const change of changes.slice(0, count)) change.apply(kept);
    }
    durable = powerLoss(kept, how, random);
    visible = new Map(durable);
    pending = [];
  };

  const start = (): Life => {
    const root = join(folder, String(lives));
    lives += 1;
    mkdirSync(root);
    for (const [path, entry] of [...visible].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (entry === 'folder') mkdirSync(join(root, path));
      else writeFileSync(join(root, path), entry.content);
    }
    return liveOn(root);
  };

  function liveOn(root: string): Life {
    const operations: string[] = [];
    let ended = false;
    let fuse: { readonly at: number; readonly how: End } | undefined;
    let full: { readonly from: number; readonly to: number } | undefined;
    let injections: (Injection & { readonly left: number })[] = [];
    /** The fault that the operation at hand meets, and how much of it is done all the same. */
    const faultOf = (what: string): { readonly code: string; readonly part: number } | undefined => {
      const n = operations.length;
      if (full !== undefined && n >= full.from && n < full.to && ALLOCATING.includes(what)) {
        return { code: 'ENOSPC', part: what === 'write' ? random() : 0 };
      }
      const found = injections.find(({ operation }) => operation === what);
      if (found === undefined) return undefined;
      injections = injections.flatMap((one) =>
        one !== found ? [one] : one.left > 1 ? [{ ...one, left: one.left - 1 }] : [],
      );
      return { code: found.code, part: found.part ?? 0 };
    };
    const end = (how: End): void => {
      if (ended) return;
      ended = true;
      if (how !== 'kill') cutPower(how);
    };
    const alive = (): void => {
      if (ended) throw systemError('EIO', 'the process has ended');
    };
    /** Does something to the disk, or a part of it (0 to 1) and then nothing ever again. */
    const act = async (what: string, path: string, effect: (part: number) => void): Promise<void> => {
      alive();
      await turn(); // what else is on its way goes on meanwhile
      alive();
      operations.push(`${what} ${relative(root, path)}`);
      const fault = faultOf(what);
      if (fault !== undefined) {
        effect(fault.part);
        throw systemError(fault.code, `${what} ${path}`);
      }
      if (operations.length === fuse?.at) {
        effect(random());
        end(fuse.how);
      } else effect(1);
      alive();
    };
    const change = (path: string, apply: (names: Names) => void): void => {
      apply(visible);
      pending.push({ folder: dirname(relative(root, path)), apply });
    };
    const fileAt = (path: string): File => {
      const entry = visible.get(relative(root, path));
      if (entry === undefined || entry === 'folder') throw systemError('ENOENT', path);
      return entry;
    };

    const opened = (path: string, file: File): OpenFile => {
      const descriptor = openSync(path, 'r+');
      let open = true;
      const sync = async (what: Ignored): Promise<void> => {
        const { content } = file;
        await act(what, path, (part) => {
          if (part < 0.5 || ignored.includes(what)) return;
          file.durable = content;
          file.safe = content.length;
        });
      };
      return {
        write: (bytes, position) =>
          act('write', path, (part) => {
            const some = bytes.subarray(0, Math.floor(bytes.length * part));
            const before = Buffer.alloc(position);
            file.content.copy(before, 0, 0, position);
            file.safe = Math.min(file.safe, position);
            file.content = Buffer.concat([before, some, file.content.subarray(position + some.length)]);
            writeSync(descriptor, some, 0, some.length, position);
          }),
        datasync: () => sync('datasync'),
        sync: () => sync('sync'),
        truncate: (length) =>
          act('truncate', path, (part) => {
            if (part < 0.5) return;
            file.content = file.content.subarray(0, length);
            file.safe = Math.min(file.safe, length);
            truncateSync(path, length);
          }),
        async close() {
          if (open) closeSync(descriptor);
          open = false;
          alive();
        },
      };
    };

    const real = disk();
    const fs: FileSystem = {
      async open(path, mode) {
        alive();
        const name = relative(root, path);
        const there = visible.get(name);
        if (mode === 'create' && there !== undefined) throw systemError('EEXIST', path);
        if (mode !== 'existing') {
          await act('open', path, (part) => {
            if (part < 0.5) return;
            const file = there === undefined || there === 'folder' ? noFile() : there;
            file.content = Buffer.alloc(0);
            file.safe = 0;
            if (file !== there) change(path, (names) => void names.set(name, file));
            writeFileSync(path, '');
          });
        }
        return opened(path, fileAt(path));
      },
      async readText(path) {
        alive();
        return real.readText(path);
      },
      async readBytes(path) {
        alive();
        return real.readBytes(path);
      },
      async readdir(path) {
        alive();
        return real.readdir(path);
      },
      async mkdir(path) {
        alive();
        const missing: string[] = [];
        for (let at = relative(root, path); at !== '' && !visible.has(at) && at !== '.'; at = dirname(at))
          missing.unshift(at);
        for (const name of missing) {
          await act('mkdir', join(root, name), (part) => {
            if (part < 0.5) return;
            change(join(root, name), (names) => void names.set(name, 'folder'));
            mkdirSync(join(root, name));
          });
        }
      },
      async rename(from, to) {
        alive();
        const file = fileAt(from);
        await act('rename', to, (part) => {
          if (part < 0.5) return;
          change(to, (names) => {
            names.delete(relative(root, from));
            names.set(relative(root, to), file);
          });
          renameSync(from, to);
        });
      },
      async link(from, to) {
        alive();
        const file = fileAt(from);
        if (visible.has(relative(root, to))) return false;
        await act('link', to, (part) => {
          if (part < 0.5) return;
          change(to, (names) => void names.set(relative(root, to), file));
          linkSync(from, to);
        });
        return true;
      },
      async remove(path) {
        alive();
        if (!visible.has(relative(root, path))) return;
        await act('remove', path, (part) => {
          if (part < 0.5) return;
          change(path, (names) => void names.delete(relative(root, path)));
          rmSync(path);
        });
      },
      syncDirectory: (path) =>
        act('syncDirectory', path, (part) => {
          if (part < 0.5 || ignored.includes('syncDirectory')) return;
          const name = relative(root, path) || '.';
          for (const change of pending) if (change.folder === name) change.apply(durable);
          pending = pending.filter((change) => change.folder !== name);
        }),
    };
    return {
      fs,
      data: join(root, 'data'),
      operations,
      get ended() {
        return ended;
      },
      end,
      endAt(n, how) {
        fuse = { at: n, how };
      },
      flip(path, byte) {
        const file = fileAt(path);
        const bytes = Buffer.from(file.content);
        bytes[byte] = (bytes[byte] ?? 0) ^ 4;
        file.content = bytes;
        file.durable = bytes;
        file.safe = bytes.length;
        writeFileSync(path, bytes);
      },
      inject(injection) {
        injections.push({ ...injection, left: injection.times ?? 1 });
      },
      heal() {
        injections = [];
      },
      fullAt(n, count) {
        full = { from: n, to: n + count };
      },
    };
  }
  return { start };
}
