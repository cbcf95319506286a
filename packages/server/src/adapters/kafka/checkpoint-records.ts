import { crc32 } from 'node:zlib';
import type { KeptState, Message, RawRecord } from '../../cluster/ports.js';

/** Bytes in a row: under which number their chunks lie, how many they are, and their CRC-32. */
export interface Span {
  readonly number: number;
  readonly length: number;
  readonly crc: number;
}

/** What makes a checkpoint: only what it names counts. */
export interface CheckpointHead {
  readonly schema: 1;
  readonly log: string;
  readonly offset: number;
  readonly anchor: string;
  /** Unique to the owner who wrote it, so that nobody's chunks are mistaken for another's. */
  readonly generation: string;
  /** The head of the state. */
  readonly head: Span;
  /** The parts of the state in their order: JSON of `[name, number, length, crc]` each. */
  readonly parts: Span;
}

const SCHEMA = 1;

export function headKey(partition: number, generation: string): string {
  return `${partition}/${generation}`;
}

/** @param from how many bytes of the span lie before the chunk */
export function chunkKey(partition: number, generation: string, number: number, from: number): string {
  return `${partition}/${generation}/${number}/${from}`;
}

export function headMessage(partition: number, head: CheckpointHead): Message {
  return { key: headKey(partition, head.generation), value: JSON.stringify(head) };
}

/** What the records of one owner come to. */
export interface Generation {
  /** Keys of all that is not deleted: chunks, and the head's where there is one. */
  readonly keys: Set<string>;
  head: CheckpointHead | undefined;
  /** Append time of the newest chunk, ms. */
  newest: number;
}

/** A partition of the topic, read record after record. */
export interface CheckpointReading {
  take(record: RawRecord): void;
  readonly generations: ReadonlyMap<string, Generation>;
  /** Every head that was not deleted, oldest first; also those that later ones of their owner replaced. */
  readonly heads: readonly CheckpointHead[];
  /** The state that a head names; undefined where a chunk of it is missing or not what it was. */
  stateOf(head: CheckpointHead): KeptState | undefined;
}

/** @param values whether the chunks are kept: without them no state is found */
export function checkpointReading(partition: number, values: boolean): CheckpointReading {
  const chunks = new Map<string, Uint8Array>();
  const generations = new Map<string, Generation>();
  let heads: CheckpointHead[] = [];

  const takeHead = (name: string, entry: Generation, value: Uint8Array | null): void => {
    entry.head = value === null ? undefined : parseHead(value, name);
    if (entry.head !== undefined) heads.push(entry.head);
    else heads = heads.filter(({ generation }) => generation !== name);
  };
  const span = (generation: string, { number, length, crc }: Span): Uint8Array | undefined => {
    const bytes = new Uint8Array(length);
    for (let from = 0; from < length; ) {
      const chunk = chunks.get(chunkKey(partition, generation, number, from));
      if (chunk === undefined || chunk.length === 0) return undefined;
      // a later attempt may have put more under the same key: what comes first in it is the same
      const piece = chunk.subarray(0, length - from);
      bytes.set(piece, from);
      from += piece.length;
    }
    return crc32(bytes) === crc ? bytes : undefined;
  };
  return {
    generations,
    get heads() {
      return heads;
    },
    take({ key, value, at }) {
      const name = key === null ? '' : decoder.decode(key);
      const [owner, generation = '', number] = name.split('/');
      if (owner !== String(partition) || generation === '') return;
      const entry = generations.get(generation) ?? { keys: new Set(), head: undefined, newest: 0 };
      generations.set(generation, entry);
      if (value === null) entry.keys.delete(name);
      else entry.keys.add(name);
      if (number === undefined) return takeHead(generation, entry, value);
      entry.newest = at;
      if (value === null) chunks.delete(name);
      else if (values) chunks.set(name, value);
    },
    stateOf(head) {
      const text = span(head.generation, head.head);
      const directory = span(head.generation, head.parts);
      const entries = directory === undefined ? undefined : parseDirectory(directory);
      if (text === undefined || entries === undefined) return undefined;
      const parts = new Map<string, Uint8Array>();
      for (const [name, number, length, crc] of entries) {
        const bytes = span(head.generation, { number, length, crc });
        if (bytes === undefined) return undefined;
        parts.set(name, bytes);
      }
      const { log, offset, anchor } = head;
      return { log, offset, anchor, head: decoder.decode(text), parts };
    },
  };
}

const decoder = new TextDecoder();

type Directory = readonly (readonly [name: string, number: number, length: number, crc: number])[];

/** @returns undefined where another version wrote it, or nobody of ours */
function parseHead(value: Uint8Array, generation: string): CheckpointHead | undefined {
  try {
    const head = JSON.parse(decoder.decode(value)) as CheckpointHead;
    const { schema, log, offset, anchor } = head;
    if (schema !== SCHEMA || head.generation !== generation || !isSpan(head.head) || !isSpan(head.parts))
      return undefined;
    if (typeof log !== 'string' || typeof anchor !== 'string') return undefined;
    return Number.isSafeInteger(offset) && offset >= 0 ? head : undefined;
  } catch {
    return undefined;
  }
}

function isSpan(value: Span): boolean {
  return [value.number, value.length, value.crc].every((each) => Number.isSafeInteger(each) && each >= 0);
}

/** Its CRC was right: it is what an owner wrote. */
function parseDirectory(bytes: Uint8Array): Directory {
  return JSON.parse(decoder.decode(bytes)) as Directory;
}

export function encodeDirectory(parts: Directory): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(parts));
}
