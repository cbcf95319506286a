import { crc32 } from 'node:zlib';
import type { KeptState } from '../../cluster/ports.js';
import { serverError } from '../../errors.js';
import type { RedisClient, RedisConnection } from './connection.js';
import { type PartEnd, readHead, type StateKeys, type StoredHead } from './stored-head.js';

/** About as many bytes as one answer carries. */
const ANSWER_BYTES = 4_000_000;
const MOST_ATTEMPTS = 10;

/** What was found: a state that is whole, or the revision of one that is not. */
export type Loaded =
  | { readonly whole: true; readonly state: KeptState; readonly stored: StoredHead }
  | { readonly whole: false; readonly revision: string; readonly damage: string };

/** Just those pieces that belong to the head; undefined when they are not what they were. */
async function readPart(client: RedisClient, key: string, end: PartEnd): Promise<Uint8Array | undefined> {
  const step = Math.max(1, Math.floor((end.pieces * ANSWER_BYTES) / Math.max(1, end.length)));
  const pieces: Buffer[] = [];
  for (let from = 0; from < end.pieces; from += step) {
    const found = await client.lrangeBuffer(key, from, Math.min(from + step, end.pieces) - 1);
    for (const piece of found) pieces.push(piece);
  }
  const bytes = Buffer.concat(pieces);
  return bytes.length === end.length && crc32(bytes) === end.crc ? bytes : undefined;
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

/** @returns the parts, or the name of the first one that is damaged */
async function readParts(
  connection: RedisConnection,
  keys: StateKeys,
  partition: number,
  { generation, ends }: StoredHead,
): Promise<ReadonlyMap<string, Uint8Array> | string> {
  const parts = new Map<string, Uint8Array>();
  for (const batch of batches(ends)) {
    const read = await connection.run((client) =>
      Promise.all(batch.map(([name, end]) => readPart(client, keys.part(partition, generation, name), end))),
    );
    for (const [n, [name]] of batch.entries()) {
      const bytes = read[n];
      if (bytes === undefined) return name;
      parts.set(name, bytes);
    }
  }
  return parts;
}

/**
 * Reads a state that may be written to meanwhile: parts are only added to, so what a head names stays as it was until a
 * later head does without it. Then it is read again.
 *
 * @throws ArmatureError STATE_UNAVAILABLE
 */
export async function loadState(
  connection: RedisConnection,
  keys: StateKeys,
  partition: number,
): Promise<Loaded | undefined> {
  const key = keys.head(partition);
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
    const fields = await connection.run((client) => client.hgetall(key));
    if (Object.keys(fields).length === 0) return undefined;
    const { revision = '' } = fields;
    const stored = readHead(fields);
    if (stored === undefined) return { whole: false, revision, damage: 'its head' };
    const parts = await readParts(connection, keys, partition, stored);
    if (typeof parts !== 'string') {
      const { log, offset, anchor, head } = stored;
      return { whole: true, state: { log, offset, anchor, head, parts }, stored };
    }
    const now = await connection.run((client) => client.hget(key, 'revision'));
    if (now === revision) return { whole: false, revision, damage: `its part ${parts}` };
  }
  throw serverError('STATE_UNAVAILABLE', { got: `partition ${partition} changing all the time while it is read` });
}
