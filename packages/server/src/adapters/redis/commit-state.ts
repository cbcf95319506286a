import { crc32 } from 'node:zlib';
import type { Commit } from '../../cluster/ports.js';
import { serverError } from '../../errors.js';
import type { RedisConnection } from './connection.js';
import { headFields, type PartEnd, readHead, type StateKeys, type StoredHead } from './stored-head.js';

/** A part that a commit touches, and what it is like before. */
interface Touched {
  readonly key: string;
  readonly pieces: number;
}

/** A commit that is ready to be sent, also more than once. */
export interface PreparedCommit {
  readonly head: StoredHead;
  readonly added: readonly (Touched & { readonly bytes: Buffer })[];
  /** Parts that are there already, written piece by piece. */
  readonly uploaded: readonly Touched[];
  readonly gone: readonly string[];
}

export type Committed = { readonly is: 'done' | 'lost' } | { readonly is: 'found'; readonly revision: string };

/** A state of more bytes is written in pieces of this size before the head that names it. */
const PIECE_BYTES = 1_000_000;
/** What an attempt left behind that never came to its head goes by itself after this time. */
const KEPT_MS = 3_600_000;
const NEW_PART: PartEnd = { length: 0, crc: 0, pieces: 0 };

/** The bytes that are added to each part, and where the parts end then. */
function appended(before: ReadonlyMap<string, PartEnd>, { changes }: Commit) {
  const bytes = new Map<string, Buffer>();
  const ends = new Map<string, PartEnd>();
  for (const name of changes.parts) {
    const end = before.get(name) ?? NEW_PART;
    const added = Buffer.concat(changes.added.get(name) ?? []);
    if (added.length > 0) bytes.set(name, added);
    const { length, crc, pieces } = end;
    ends.set(
      name,
      added.length === 0 ? end : { length: length + added.length, crc: crc32(added, crc), pieces: pieces + 1 },
    );
  }
  return { bytes, ends };
}

/** Changes of the state that `stored` describes. */
export function prepareChanges(
  keys: StateKeys,
  partition: number,
  stored: StoredHead,
  commit: Commit,
  revision: string,
): PreparedCommit {
  const { generation } = stored;
  const keyOf = (name: string): string => keys.part(partition, generation, name);
  const { bytes, ends } = appended(stored.ends, commit);
  const { log, offset, anchor, totals, changes } = commit;
  return {
    head: { revision, log, offset, anchor, totals, head: changes.head, generation, ends },
    added: [...bytes].map(([name, some]) => ({
      key: keyOf(name),
      pieces: stored.ends.get(name)?.pieces ?? 0,
      bytes: some,
    })),
    uploaded: [],
    gone: [...stored.ends.keys()].filter((name) => !ends.has(name)).map(keyOf),
  };
}

async function upload(connection: RedisConnection, key: string, bytes: Buffer): Promise<number> {
  let pieces = 0;
  for (let at = 0; at < bytes.length; at += PIECE_BYTES, pieces += 1) {
    const piece = bytes.subarray(at, at + PIECE_BYTES);
    const count = String(pieces);
    const there = await connection.run((client) => client.armaturePiece(1, key, count, piece, String(KEPT_MS)));
    if (there !== pieces + 1)
      throw serverError('STATE_UNAVAILABLE', { got: 'a part that was not kept as it was written' });
  }
  return pieces;
}

/**
 * A state that begins anew, beside the one that it replaces. A large one is written here already, under names that no
 * one else writes to, and only its head is left to be sent.
 *
 * @param generation unlike all others
 */
export async function prepareWhole(
  connection: RedisConnection,
  keys: StateKeys,
  partition: number,
  commit: Commit,
  { revision, generation }: { readonly revision: string; readonly generation: string },
): Promise<PreparedCommit> {
  const before = readHead(await connection.run((client) => client.hgetall(keys.head(partition))));
  const gone =
    before === undefined ? [] : [...before.ends.keys()].map((n) => keys.part(partition, before.generation, n));
  const empty: StoredHead = { ...commit, revision, generation, head: '', ends: new Map() };
  const prepared = prepareChanges(keys, partition, empty, commit, revision);
  const size = prepared.added.reduce((sum, { bytes }) => sum + bytes.length, 0);
  if (size <= PIECE_BYTES) return { ...prepared, gone };
  const uploaded: Touched[] = [];
  for (const { key, bytes } of prepared.added) uploaded.push({ key, pieces: await upload(connection, key, bytes) });
  const piecesOf = new Map(uploaded.map(({ key, pieces }) => [key, pieces]));
  const ends = [...prepared.head.ends].map(([name, end]): [string, PartEnd] => {
    const pieces = piecesOf.get(keys.part(partition, generation, name)) ?? end.pieces;
    return [name, { ...end, pieces }];
  });
  return { head: { ...prepared.head, ends: new Map(ends) }, added: [], uploaded, gone };
}

/**
 * Sends a commit.
 *
 * @param expected the revision that must be there; empty for none
 * @throws ArmatureError STATE_UNAVAILABLE
 */
export async function sendCommit(
  connection: RedisConnection,
  key: string,
  expected: string,
  { head, added, uploaded, gone }: PreparedCommit,
): Promise<Committed> {
  const touched = [...added, ...uploaded];
  const names = [key, ...touched.map((part) => part.key), ...gone];
  const counts = [String(added.length), String(touched.length), ...touched.map(({ pieces }) => String(pieces))];
  const values = [expected, head.revision, ...counts, ...added.map(({ bytes }) => bytes), ...headFields(head)];
  const [is, revision = ''] = await connection.run((client) =>
    client.armatureCommit(names.length, ...names, ...values),
  );
  if (is === 'done' || is === 'lost') return { is };
  return { is: 'found', revision };
}
