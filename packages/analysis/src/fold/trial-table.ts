import { fmix32 } from '@armature/sdk/policies';
import { hashId, idWords, readUuid } from './id-words.js';
import type { Trial } from './state.js';

const FIRST_CAPACITY = 64;
/** Above this share of its slots a table doubles; below the other one it halves. */
const FULLEST = 0.75;
const EMPTIEST = 0.125;

/**
 * Trials by their keys: open addressing with linear probing. A Map of as many texts hashes each event's copy of an id anew
 * and finds its entry through two more places in memory; that was a fifth of the fold.
 */
export class TrialTable {
  size = 0;
  /** The hash of the trial in each slot, 0 where there is none: a search looks into this array, which is the smaller. */
  private hashes = new Int32Array(FIRST_CAPACITY);
  private entries: (Trial | undefined)[] = emptySlots(FIRST_CAPACITY);

  get(key: string): Trial | undefined {
    return this.entries[this.slotOf(key, hashOf(key))];
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  set(key: string, trial: Trial): void {
    const hash = hashOf(key);
    const slot = this.slotOf(key, hash);
    if (this.entries[slot] === undefined) this.size += 1;
    this.entries[slot] = trial;
    this.hashes[slot] = hash;
    if (this.size > this.entries.length * FULLEST) this.resize(this.entries.length * 2);
  }

  /** Takes a trial out; what had been put behind it moves up, so that no slot is left marked. */
  delete(key: string): void {
    const { entries, hashes } = this;
    let hole = this.slotOf(key, hashOf(key));
    if (entries[hole] === undefined) return;
    const mask = entries.length - 1;
    for (let slot = (hole + 1) & mask; hashes[slot] !== 0; slot = (slot + 1) & mask) {
      const hash = hashes[slot] ?? 0;
      if (((slot - hash) & mask) < ((slot - hole) & mask)) continue;
      entries[hole] = entries[slot];
      hashes[hole] = hash;
      hole = slot;
    }
    entries[hole] = undefined;
    hashes[hole] = 0;
    this.size -= 1;
    const half = entries.length / 2;
    if (half >= FIRST_CAPACITY && this.size < entries.length * EMPTIEST) this.resize(half);
  }

  clear(): void {
    this.size = 0;
    this.hashes = new Int32Array(FIRST_CAPACITY);
    this.entries = emptySlots(FIRST_CAPACITY);
  }

  /** All trials, in no order that means anything. */
  *unordered(): Generator<Trial> {
    for (const trial of this.entries) if (trial !== undefined) yield trial;
  }

  /** All trials in the order in which they opened. */
  values(): readonly Trial[] {
    return [...this.unordered()].sort((a, b) => a.order - b.order);
  }

  /** The one that opened first. */
  oldest(): Trial | undefined {
    let oldest: Trial | undefined;
    for (const trial of this.unordered()) if (oldest === undefined || trial.order < oldest.order) oldest = trial;
    return oldest;
  }

  /** The slot of a key, or the empty one where it would be. */
  private slotOf(key: string, hash: number): number {
    const { entries, hashes } = this;
    const mask = entries.length - 1;
    let slot = hash & mask;
    for (let found = hashes[slot]; found !== 0; found = hashes[slot]) {
      if (found === hash && entries[slot]?.key === key) break;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private resize(capacity: number): void {
    const entries = emptySlots(capacity);
    const hashes = new Int32Array(capacity);
    const mask = capacity - 1;
    for (const [from, trial] of this.entries.entries()) {
      if (trial === undefined) continue;
      const hash = this.hashes[from] ?? 0;
      let slot = hash & mask;
      while (hashes[slot] !== 0) slot = (slot + 1) & mask;
      entries[slot] = trial;
      hashes[slot] = hash;
    }
    this.entries = entries;
    this.hashes = hashes;
  }
}

function emptySlots(capacity: number): (Trial | undefined)[] {
  return new Array<Trial | undefined>(capacity).fill(undefined);
}

/** A hash that is never 0. */
function hashOf(key: string): number {
  if (readUuid(key) < 0) hashId(key);
  const mixed = (idWords[0] ?? 0) ^ Math.imul(idWords[1] ?? 0, 0x9e3779b1) ^ Math.imul(idWords[2] ?? 0, 0x85ebca6b);
  return fmix32(mixed) || 1;
}
