import { crc32 } from 'node:zlib';
import type { KeptState } from '../../cluster/ports.js';
import { serverError } from '../../errors.js';
import type { RedisClient, RedisConnection } from './connection.js';
import { type PartEnd, readHead, type StateKeys, type StoredHead } from './stored-head.js';

/** About as many bytes as one answer carries. */
const ANSWER_BYTES = 4_000_000;
const MOST_ATTEMPTS = 20;
const NOTHING = Buffer.alloc(0);

/** What was found: a state that is whole, or the revision of one that is not. */
export type Loaded =
  | { readonly whole: true; readonly state: KeptState; readonly stored: StoredHead }
  | { readonly whole: false; readonly revision: string; readonly damage: string };

/** A part as far as it was read: what comes later stands behind it. */
interface ReadPart {
  readonly pieces: number;
  readonly bytes: Buffer;
}

/**
 * Just those pieces that belong to the head; undefined when they are not what they were.
 *
 * @param before what an earlier attempt has read of the part
 */
async function readPart(
  client: RedisClient,
  key: string,
  end: PartEnd,
  before: ReadPart | undefined,
): Promise<ReadPart | undefined> {
  const begun = before !== undefined && before.pieces <= end.pieces ? before : { pieces: 0, bytes: NOTHING };
  const step = Math.max(1, Math.floor((end.pieces * ANSWER_BYTES) / Math.max(1, end.length)));
  const pieces = [begun.bytes];
  for (let from = begun.pieces; from < end.pieces; from += step) {
    const found = await client.lrangeBuffer(key, from, Math.min(from + step, end.pieces) - 1);
    for (const piece of found) pieces.push(piece);
  }
  const bytes = pieces.length === 1 ? begun.bytes : Buffer.concat(pieces);
  return bytes.length === end.length && crc32(bytes) === end.crc ? { pieces: end.pieces, bytes } : undefined;
}

/** Parts that are small are asked for together. */
function batches(ends: ReadonlyMap<string, PartEnd>): readonly (readonly (readonly [string, PartEnd])[])[] {
  const all: (readonly [string, PartEnd])[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const entry of ends) {
    if (size + entry[1].length > ANSWER_BYTES) {
      all.push([]);
      size = 0;
    }
    all.at(-1)?.push(entry);
    size += entry[1].length;
  }
  return all;
}

/**
 * @param known parts by key, as earlier attempts have read them; they are not read again
 * @returns the parts, or the name of the first one that is damaged
 */
async function readParts(
  connection: RedisConnection,
  keyOf: (name: string) => string,
  ends: StoredHead['ends'],
  known: Map<string, ReadPart>,
): Promise<ReadonlyMap<string, Uint8Array> | string> {
  const parts = new Map<string, Uint8Array>();
  let damaged: string | undefined;
  for (const batch of batches(ends)) {
    const read = await connection.run((client) =>
      Promise.all(batch.map(([name, end]) => readPart(client, keyOf(name), end, known.get(keyOf(name))))),
    );
    for (const [n, [name]] of batch.entries()) {
      const part = read[n];
      if (part === undefined) {
        damaged ??= name;
        known.delete(keyOf(name));
      } else {
        known.set(keyOf(name), part);
        parts.set(name, part.bytes);
      }
    }
  }
  return damaged ?? parts;
}

/**
 * Reads a state that may be written to meanwhile: parts are only added to, so what a head names stays as it was until a
 * later head does without it. Then that head is read, and what is new to it: the next attempt is a short one.
 *
 * @throws ArmatureError STATE_UNAVAILABLE
 */
export async function loadState(
  connection: RedisConnection,
  keys: StateKeys,
  partition: number,
): Promise<Loaded | undefined> {
  const key = keys.head(partition);
  const known = new Map<string, ReadPart>();
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
    const fields = await connection.run((client) => client.hgetall(key));
    if (Object.keys(fields).length === 0) return undefined;
    const { revision = '' } = fields;
    const stored = readHead(fields);
    if (stored === undefined) return { whole: false, revision, damage: 'its head, or another version wrote it' };
    const fresh = known.size === 0;
    const keyOf = (name: string): string => keys.part(partition, stored.generation, name);
    const parts = await readParts(connection, keyOf, stored.ends, known);
    if (typeof parts !== 'string') {
      const { log, offset, anchor, head } = stored;
      return { whole: true, state: { log, offset, anchor, head, parts }, stored };
    }
    const now = await connection.run((client) => client.hget(key, 'revision'));
    if (now !== revision) continue;
    if (fresh) return { whole: false, revision, damage: `its part ${parts}` };
    known.clear();
  }
  throw serverError('STATE_UNAVAILABLE', { got: `partition ${partition} changing all the time while it is read` });
}
