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
  /** As `packState` writes it. */
  readonly state: string;
}

const digest = (state: string): string => createHash('sha256').update(state).digest('hex');

/** The bytes of a floor's file. */
export function encodeFloor({ log, offset, at, state }: Floor): string {
  return `${JSON.stringify({ schema: 1, log, offset, at, sha256: digest(state), state })}\n`;
}

/**
 * Reads the floor of a partition; undefined where its log is whole from its first record on.
 *
 * @throws LogDamage: unlike a checkpoint it cannot be made again
 */
export async function readFloor(directory: string, partition: number): Promise<Floor | undefined> {
  const path = layoutOf(directory).floor(partition);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw cause;
  }
  const floor = parse(text);
  if (floor === undefined) throw new LogDamage(path, 0);
  return floor;
}

function parse(text: string): Floor | undefined {
  try {
    const { schema, log, offset, at, sha256, state } = JSON.parse(text) as Partial<Floor> & {
      readonly schema?: unknown;
      readonly sha256?: unknown;
    };
    if (schema !== 1 || typeof log !== 'string' || typeof state !== 'string' || digest(state) !== sha256)
      return undefined;
    return Number.isSafeInteger(offset) && Number.isSafeInteger(at)
      ? { log, offset: offset as number, at: at as number, state }
      : undefined;
  } catch {
    return undefined;
  }
}
