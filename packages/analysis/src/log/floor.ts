import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { layoutOf } from './data-directory.js';
import { LogDamage } from './log-fault.js';

/** Where a partition's log begins once its older records were deleted, and what the fold had made of those. */
export interface Floor {
  /** Identity of the log. */
  readonly log: string;
  /** Offset of the first record that counts; those before it are in the state. */
  readonly offset: number;
  /** Append time of the newest record before it, ms. */
  readonly at: number;
  /** The state, as `packState` gives it. */
  readonly head: string;
  readonly parts: ReadonlyMap<string, Uint8Array>;
}

/** The first line of the file: what follows it is the bytes of the parts, one behind the other. */
interface FloorLine {
  readonly schema: 2;
  readonly log: string;
  readonly offset: number;
  readonly at: number;
  readonly head: string;
  readonly parts: readonly (readonly [name: string, length: number])[];
  /** Of the line with an empty one here, and of the parts. */
  readonly sha256: string;
}

const NEWLINE = 10;

function digest(line: FloorLine, parts: Iterable<Uint8Array>): string {
  const hash = createHash('sha256').update(JSON.stringify({ ...line, sha256: '' }));
  for (const bytes of parts) hash.update(bytes);
  return hash.digest('hex');
}

/** The bytes of a floor's file, piece by piece: the ids alone may be more than a text can hold. */
export function encodeFloor({ log, offset, at, head, parts }: Floor): readonly Uint8Array[] {
  const lengths = [...parts].map(([name, { length }]) => [name, length] as const);
  const line: FloorLine = { schema: 2, log, offset, at, head, parts: lengths, sha256: '' };
  const sealed = JSON.stringify({ ...line, sha256: digest(line, parts.values()) });
  return [Buffer.from(`${sealed}\n`, 'utf8'), ...parts.values()];
}

/**
 * Reads the floor of a partition; undefined where its log is whole from its first record on.
 *
 * @throws LogDamage: unlike a checkpoint it cannot be made again
 */
export async function readFloor(directory: string, partition: number): Promise<Floor | undefined> {
  const path = layoutOf(directory).floor(partition);
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw cause;
  }
  const floor = parse(bytes);
  if (floor === undefined) throw new LogDamage(path, 0);
  return floor;
}

function parse(bytes: Buffer): Floor | undefined {
  const end = bytes.indexOf(NEWLINE);
  let line: FloorLine;
  try {
    line = JSON.parse(bytes.toString('utf8', 0, Math.max(0, end))) as FloorLine;
  } catch {
    return undefined;
  }
  if (line?.schema !== 2 || !Array.isArray(line.parts)) return undefined;
  const parts = new Map<string, Uint8Array>();
  let from = end + 1;
  for (const [name, length] of line.parts) {
    parts.set(name, bytes.subarray(from, from + length));
    from += length;
  }
  if (from !== bytes.length || digest(line, parts.values()) !== line.sha256) return undefined;
  return { log: line.log, offset: line.offset, at: line.at, head: line.head, parts };
}
