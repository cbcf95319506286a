import { randomUUID } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { StateChanges, WrittenState } from '@armature/analysis/fold';
import type { Message } from '../../cluster/ports.js';
import { chunkKey, type Span } from './checkpoint-records.js';

/** Bytes of one chunk at most: a topic takes records of a mebibyte. */
const CHUNK_BYTES = 512 * 1024;

/** Bytes that are only added to. */
interface Part {
  readonly number: number;
  /** Bytes that the last checkpoint names, and their CRC-32. */
  length: number;
  crc: number;
  /** The bytes behind them, which no checkpoint names yet. */
  waiting: Uint8Array[];
  /** Length with those. */
  total: number;
  /** Where the chunks begin that were written, or tried. */
  readonly starts: Set<number>;
}

/** What is to be written, as it was at one moment. */
export interface Capture {
  readonly head: string;
  readonly parts: readonly { readonly name: string; readonly part: Part; readonly upTo: number }[];
  /** Dropped before that moment. */
  readonly dropped: readonly Part[];
}

/**
 * What an owner keeps of a partition for its next checkpoints. In memory it holds the bytes that no checkpoint names yet:
 * a loaded state once, whole, and then what was committed since the last one; of the rest some numbers for each chunk.
 */
export class KeptParts {
  readonly partition: number;
  readonly generation = randomUUID().slice(0, 18);
  #head: string | undefined;
  #parts = new Map<string, Part>();
  #dropped: Part[] = [];
  #numbers = 0;

  constructor(partition: number, state: WrittenState | undefined) {
    this.partition = partition;
    this.#head = state?.head;
    for (const [name, bytes] of state?.parts ?? []) add(this.#part(name), bytes);
  }

  /** Adds what was committed; parts that are named no more need not be written. */
  keep({ head, added, parts }: StateChanges): void {
    this.#head = head;
    const named = new Set(parts);
    for (const [name, part] of this.#parts) if (!named.has(name)) this.#dropped.push(part);
    // in the order in which they are read back
    const before = this.#parts;
    this.#parts = new Map();
    for (const name of parts) {
      const part = before.get(name) ?? this.#part(name);
      this.#parts.set(name, part);
      for (const bytes of added.get(name) ?? []) add(part, bytes);
    }
  }

  /** @returns undefined where nothing was kept yet */
  capture(): Capture | undefined {
    if (this.#head === undefined) return undefined;
    const parts = [...this.#parts].map(([name, part]) => ({ name, part, upTo: part.total }));
    return { head: this.#head, parts, dropped: [...this.#dropped] };
  }

  /** The chunks of a part that no checkpoint names, up to a length. Tried again they have the same keys. */
  *chunks(part: Part, upTo: number): Generator<Message> {
    let from = part.length;
    for (const bytes of slices(part.waiting, upTo - part.length)) {
      part.starts.add(from);
      yield { key: chunkKey(this.partition, this.generation, part.number, from), value: bytes };
      from += bytes.length;
    }
  }

  /** A part that is written anew with each checkpoint; the last one's is dropped with `drop`. */
  anew(bytes: Uint8Array): Part {
    const part = this.#made();
    add(part, bytes);
    return part;
  }

  drop(part: Part): void {
    this.#dropped.push(part);
  }

  /** Keys of what was dropped. */
  *keysOf(parts: readonly Part[]): Generator<string> {
    for (const { number, starts } of parts) {
      for (const from of starts) yield chunkKey(this.partition, this.generation, number, from);
    }
  }

  /** What was dropped is deleted. */
  deleted(parts: readonly Part[]): void {
    const gone = new Set(parts);
    this.#dropped = this.#dropped.filter((part) => !gone.has(part));
  }

  #part(name: string): Part {
    const part = this.#made();
    this.#parts.set(name, part);
    return part;
  }

  #made(): Part {
    this.#numbers += 1;
    return { number: this.#numbers, length: 0, crc: 0, waiting: [], total: 0, starts: new Set() };
  }
}

export type { Part };

function add(part: Part, bytes: Uint8Array): void {
  if (bytes.length === 0) return;
  part.waiting.push(bytes);
  part.total += bytes.length;
}

/** What a part is up to a length. */
export function spanOf({ number, length, crc, waiting }: Part, upTo: number): Span {
  let sum = crc;
  let left = upTo - length;
  for (const bytes of waiting) {
    if (left <= 0) break;
    sum = crc32(bytes.subarray(0, left), sum);
    left -= bytes.length;
  }
  return { number, length: upTo, crc: sum };
}

/** A checkpoint names the part up to a length: those bytes need not be held any longer. */
export function settle(part: Part, { length, crc }: Span): void {
  let gone = length - part.length;
  while (gone > 0) {
    const [first] = part.waiting;
    if (first === undefined) break;
    if (first.length <= gone) part.waiting.shift();
    else part.waiting[0] = first.subarray(gone);
    gone -= first.length;
  }
  part.length = length;
  part.crc = crc;
}

/** The first bytes of some arrays, cut anew. */
function* slices(arrays: readonly Uint8Array[], count: number): Generator<Uint8Array> {
  let left = count;
  let index = 0;
  let used = 0;
  while (left > 0) {
    const bytes = new Uint8Array(Math.min(left, CHUNK_BYTES));
    for (let filled = 0; filled < bytes.length; ) {
      const source = arrays[index];
      if (source === undefined) throw new Error('fewer bytes wait than were counted');
      const piece = source.subarray(used, used + bytes.length - filled);
      bytes.set(piece, filled);
      filled += piece.length;
      used += piece.length;
      if (used < source.length) continue;
      index += 1;
      used = 0;
    }
    left -= bytes.length;
    yield bytes;
  }
}
