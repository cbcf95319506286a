import { randomUUID } from 'node:crypto';

/** Which log the topics hold. */
export interface LogIdentity {
  readonly id: string;
  /** Number of partitions of the events, frozen. */
  readonly partitions: number;
  /** When the log was made, ms since the epoch. */
  readonly created: number;
}

const TYPE = 'dev.armature.log.v1';
const LARGEST_COUNT = 1024;

/** A log that begins now. */
export function newIdentity(partitions: number, created: number): LogIdentity {
  return { id: randomUUID(), partitions, created };
}

/** The log's own record: the first of its config topic. */
export function encodeIdentity({ id, partitions, created }: LogIdentity): string {
  const time = new Date(created).toISOString();
  return JSON.stringify({
    specversion: '1.0',
    type: TYPE,
    source: '/server',
    id,
    time,
    data: { id, partitions, created: time },
  });
}

/** @returns undefined where it is no log's own record */
export function parseIdentity(value: Uint8Array | null): LogIdentity | undefined {
  if (value === null) return undefined;
  try {
    const { type, data } = JSON.parse(new TextDecoder().decode(value)) as { type?: unknown; data?: unknown };
    if (type !== TYPE || typeof data !== 'object' || data === null) return undefined;
    const { id, partitions, created } = data as { readonly [field: string]: unknown };
    if (typeof id !== 'string' || id === '' || typeof created !== 'string') return undefined;
    const at = Date.parse(created);
    if (!Number.isFinite(at) || !isPartitionCount(partitions)) return undefined;
    return { id, partitions, created: at };
  } catch {
    return undefined;
  }
}

/** Whether a log may have so many partitions. */
export function isPartitionCount(count: unknown): count is number {
  return Number.isInteger(count) && Number(count) >= 1 && Number(count) <= LARGEST_COUNT;
}
