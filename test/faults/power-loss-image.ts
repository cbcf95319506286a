import { dirname } from 'node:path';
import type { Random } from '@armature/analysis';

/** A file under whatever names: the bytes that a process reads, and those that were synced. */
export interface File {
  content: Buffer;
  durable: Buffer;
  /** Bytes from the start that were not touched since the last sync: no power cut takes them. */
  safe: number;
}

export type Entry = File | 'folder';
export type Names = Map<string, Entry>;

/** Blocks are lost as a whole. Smaller than those of real disks, so that short files lose some and keep others. */
const BLOCK = 512;

/**
 * What lies on the disk after a power cut: the names that were kept, unless a folder above them was lost, and under
 * each the synced bytes with a part of the unsynced ones. Afterwards all of it is durable.
 */
export function powerLoss(kept: Names, how: 'prefix' | 'zeros', random: Random): Names {
  const left: Names = new Map();
  const survived = new Map<File, File>();
  for (const [path, entry] of [...kept].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const above = dirname(path);
    if (above !== '.' && left.get(above) !== 'folder') continue;
    if (entry === 'folder') {
      left.set(path, entry);
      continue;
    }
    let file = survived.get(entry);
    if (file === undefined) {
      const bytes = survivingBytes(entry, how, random);
      file = { content: bytes, durable: bytes, safe: bytes.length };
      survived.set(entry, file);
    }
    left.set(path, file);
  }
  return left;
}

function survivingBytes({ content, durable, safe }: File, how: 'prefix' | 'zeros', random: Random): Buffer {
  // a file that was cut or begun anew has its old end still, or the new one in part
  if (safe < durable.length && random() < 0.5) return durable;
  if (how === 'prefix') return content.subarray(0, safe + Math.floor(random() * (content.length - safe + 1)));
  const bytes = Buffer.from(content);
  for (let at = safe - (safe % BLOCK); at < bytes.length; at += BLOCK) {
    if (random() < 0.5) bytes.fill(0, Math.max(at, safe), Math.min(at + BLOCK, bytes.length));
  }
  return bytes;
}
