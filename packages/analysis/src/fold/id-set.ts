import { addId, emptyTable, hasId, type IdTable } from './id-table.js';
import { hashId, idWords, readUuid } from './id-words.js';
import { DEDUPE_HORIZON_MS } from './log-time.js';

/** Width of the time buckets of UUIDv7: their milliseconds within one take twenty bits. */
export const UUID_BUCKET_MS = 600_000;
/** Width of the buckets of other keys: each of them is looked for in all of these. */
export const KEY_BUCKET_MS = 3_600_000;

/**
 * Ids that are remembered for the dedupe horizon, in tables by time that are dropped whole. A UUIDv7 lies in the bucket
 * of the time that it names itself, and is exact; any other key lies as its hash in the bucket of the log time at which
 * it came.
 */
export interface IdSet {
  readonly uuids: Map<number, IdTable>;
  readonly keys: Map<number, IdTable>;
  /** The table of UUIDs that was asked for last. */
  lastBucket: number;
  lastTable: IdTable | undefined;
}

export function emptyIdSet(): IdSet {
  return { uuids: new Map(), keys: new Map(), lastBucket: -1, lastTable: undefined };
}

function uuidTable(set: IdSet, bucket: number): IdTable | undefined {
  if (set.lastBucket === bucket) return set.lastTable;
  const table = set.uuids.get(bucket);
  if (table !== undefined) {
    set.lastBucket = bucket;
    set.lastTable = table;
  }
  return table;
}

/** The UUIDv7 that was read last, under its bucket: the first word takes its milliseconds there. */
function placeUuid(made: number): number {
  const bucket = made - (made % UUID_BUCKET_MS);
  idWords[0] = ((made - bucket) << 12) | (idWords[0] ?? 0);
  return bucket;
}

/**
 * Remembers the UUIDv7 that was read last.
 *
 * @param made what `readUuid` gave
 * @param kept whether tables keep what comes, for checkpoints
 * @returns false when it was there already
 */
export function addUuid(set: IdSet, made: number, kept: boolean): boolean {
  const bucket = placeUuid(made);
  let table = uuidTable(set, bucket);
  if (table === undefined) {
    table = emptyTable(kept);
    set.uuids.set(bucket, table);
  }
  return addId(table, idWords[0] ?? 0, idWords[1] ?? 0, idWords[2] ?? 0);
}

/**
 * Remembers a key that does not tell its time.
 *
 * @param at log time, ms
 * @returns false when it was there already
 */
export function addKey(set: IdSet, key: string, at: number, kept: boolean): boolean {
  if (hasKey(set, key)) return false;
  const bucket = at - (at % KEY_BUCKET_MS);
  let table = set.keys.get(bucket);
  if (table === undefined) {
    table = emptyTable(kept);
    set.keys.set(bucket, table);
  }
  return addId(table, idWords[0] ?? 0, idWords[1] ?? 0, idWords[2] ?? 0);
}

/** Leaves the hash of the key in the words. */
function hasKey({ keys }: IdSet, key: string): boolean {
  hashId(key);
  for (const table of keys.values()) {
    if (hasId(table, idWords[0] ?? 0, idWords[1] ?? 0, idWords[2] ?? 0)) return true;
  }
  return false;
}

/** Remembers an id of whatever form. */
export function addAny(set: IdSet, id: string, at: number, kept: boolean): boolean {
  const made = readUuid(id);
  return made < 0 ? addKey(set, id, at, kept) : addUuid(set, made, kept);
}

/** Whether an id of whatever form is remembered. */
export function hasAny(set: IdSet, id: string): boolean {
  if (set.uuids.size === 0 && set.keys.size === 0) return false;
  const made = readUuid(id);
  if (made < 0) return hasKey(set, id);
  const table = uuidTable(set, placeUuid(made));
  return table !== undefined && hasId(table, idWords[0] ?? 0, idWords[1] ?? 0, idWords[2] ?? 0);
}

/**
 * Drops the tables that lie behind the horizon.
 *
 * @returns whether nothing is left
 */
export function forgetBefore(set: IdSet, watermark: number): boolean {
  const oldest = watermark - DEDUPE_HORIZON_MS;
  for (const bucket of set.uuids.keys()) if (bucket + UUID_BUCKET_MS < oldest) set.uuids.delete(bucket);
  for (const bucket of set.keys.keys()) if (bucket + KEY_BUCKET_MS < oldest) set.keys.delete(bucket);
  set.lastBucket = -1;
  set.lastTable = undefined;
  return set.uuids.size + set.keys.size === 0;
}
