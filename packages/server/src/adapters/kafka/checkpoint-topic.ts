import { isArmatureError } from '@armature/sdk';
import type { CheckpointLog, KafkaSettings, KeptState, Message, Producer } from '../../cluster/ports.js';
import type { Logger } from '../../ports.js';
import {
  type CheckpointHead,
  type CheckpointReading,
  checkpointReading,
  encodeDirectory,
  type Generation,
  headKey,
  headMessage,
} from './checkpoint-records.js';
import { type Capture, KeptParts, type Part, settle, spanOf } from './kept-parts.js';
import { readToEnd } from './topic-reader.js';

export interface CheckpointLogOptions {
  readonly settings: KafkaSettings;
  readonly producer: Producer;
  readonly logger: Logger;
}

/** Bytes that are sent together. */
const SEND_BYTES = 640 * 1024;
/** Tombstones that are sent together. */
const SEND_TOMBSTONES = 1000;
/** Chunks without a head may be of an owner who is writing. After this long they are not, ms. */
const ABANDONED_MS = 3_600_000;

type At = Pick<KeptState, 'log' | 'offset' | 'anchor'>;

/** What one owner, from one `begin` on, knows of a partition. */
interface Owned {
  readonly kept: KeptParts;
  /** What others, and this process before, have left in the topic; undefined until it was looked at. */
  others: Map<string, Generation> | undefined;
  /** What the last head, and attempts at it, have of their own. */
  anew: Part[];
}

/**
 * Checkpoints in a compacted topic, those of partition p in its partition p. A checkpoint is chunks of bytes and behind
 * them a head that names them with their lengths and CRC-32s; without the head nothing has changed. Each owner writes
 * under a name of its own, so that one that has been replaced and does not know it harms nothing.
 *
 * In memory are the bytes that no checkpoint names yet (see `KeptParts`) and the keys of what others have left until
 * that is deleted; `load` holds what the partition of the topic holds.
 */
export function openCheckpointLog(options: CheckpointLogOptions): CheckpointLog {
  const { logger } = options;
  /** Undefined where the partition is another's by now. */
  const owned = new Map<number, Owned | undefined>();
  /** What `load` has seen, for the `begin` that follows. */
  const seen = new Map<number, Map<string, Generation>>();
  const writing = new Map<number, Promise<unknown>>();

  const begin = (partition: number, state: KeptState | undefined): void => {
    const others = seen.get(partition);
    seen.delete(partition);
    owned.set(partition, { kept: new KeptParts(partition, state), others, anew: [] });
  };
  const ownedOf = (partition: number): Owned | undefined => {
    if (owned.has(partition)) return owned.get(partition);
    throw new Error(`checkpoint of partition ${partition}, which did not begin`);
  };
  return {
    async load(partition) {
      const reading = await read(options, partition, true);
      seen.set(partition, new Map(reading.generations));
      return newestWhole(reading, partition, logger);
    },
    begin,
    keep(partition, changes) {
      const owner = ownedOf(partition);
      if (owner === undefined) return;
      if (changes.whole && owner.kept.capture() !== undefined) begin(partition, undefined);
      ownedOf(partition)?.kept.keep(changes);
    },
    write(partition, at) {
      const owner = ownedOf(partition);
      const capture = owner?.kept.capture();
      if (owner === undefined || capture === undefined) return Promise.resolve();
      const run = async (): Promise<void> => {
        const isOwner = (): boolean => owned.get(partition) === owner;
        await write({ options, owner, isOwner }, capture, at);
      };
      const made = (writing.get(partition) ?? Promise.resolve()).then(run);
      const settled = made.catch(() => {});
      writing.set(partition, settled);
      return made;
    },
    forget(partition) {
      owned.set(partition, undefined);
      seen.delete(partition);
    },
  };
}

async function read(
  { settings, logger }: CheckpointLogOptions,
  partition: number,
  values: boolean,
): Promise<CheckpointReading> {
  const reading = checkpointReading(partition, values);
  for await (const records of readToEnd(settings, 'checkpoints', partition, 0, { logger, gaps: true })) {
    for (const record of records) reading.take(record);
  }
  return reading;
}

function newestWhole(reading: CheckpointReading, partition: number, logger: Logger): KeptState | undefined {
  const heads = [...reading.heads].reverse();
  let found: KeptState | undefined;
  let passed = 0;
  for (const head of heads) {
    found = reading.stateOf(head);
    if (found !== undefined) break;
    passed += 1;
  }
  if (passed > 0) {
    const remedy = 'none needed: an older one is taken, or the partition is folded from its first record';
    const [newest, taken] = [heads[0]?.offset, found?.offset];
    logger.warn('checkpoints that are not whole passed over', {
      partition,
      checkpoints: passed,
      newest,
      taken,
      remedy,
    });
  }
  return found;
}

interface Writing {
  readonly options: CheckpointLogOptions;
  readonly owner: Owned;
  /** Whether the partition is still its. */
  readonly isOwner: () => boolean;
}

async function write(writing: Writing, capture: Capture, at: At): Promise<void> {
  const { options, owner, isOwner } = writing;
  const { kept } = owner;
  const { partition, generation } = kept;
  owner.others ??= await leftByOthers(options, partition, generation);
  const parts = capture.parts.map(({ name, part, upTo }) => ({ name, part, upTo, span: spanOf(part, upTo) }));
  const directory = parts.map(({ name, span }) => [name, span.number, span.length, span.crc] as const);
  const head = kept.anew(new TextEncoder().encode(capture.head));
  const names = kept.anew(encodeDirectory(directory));
  // Whatever attempts have left goes when a head is acknowledged that does not name it.
  const replaced = owner.anew;
  owner.anew = [...replaced, head, names];
  const all = [...parts, { part: head, upTo: head.total }, { part: names, upTo: names.total }];
  try {
    await send(writing, partition, chunksOf(kept, all));
  } finally {
    // what is written anew each time is not tried again
    for (const part of [head, names]) settle(part, spanOf(part, part.total));
  }
  const stored: CheckpointHead = {
    ...{ schema: 1, log: at.log, offset: at.offset, anchor: at.anchor, generation },
    ...{ head: spanOf(head, head.total), parts: spanOf(names, names.total) },
  };
  if (!isOwner()) throw notOwner(partition);
  const [acked] = await options.producer.append('checkpoints', partition, [headMessage(partition, stored)]);
  for (const { part, span } of parts) settle(part, span);
  for (const part of replaced) kept.drop(part);
  owner.anew = [head, names];
  await deleteOld(writing, [...capture.dropped, ...replaced], stored, acked?.at ?? 0);
}

function* chunksOf(kept: KeptParts, parts: Iterable<{ readonly part: Part; readonly upTo: number }>) {
  for (const { part, upTo } of parts) yield* kept.chunks(part, upTo);
}

async function send({ options, isOwner }: Writing, partition: number, messages: Iterable<Message>): Promise<void> {
  let batch: Message[] = [];
  let bytes = 0;
  const flush = async (): Promise<void> => {
    if (!isOwner()) throw notOwner(partition);
    if (batch.length > 0) await options.producer.append('checkpoints', partition, batch);
    batch = [];
    bytes = 0;
  };
  for (const message of messages) {
    const size = message.value?.length ?? 0;
    if (bytes > 0 && bytes + size > SEND_BYTES) await flush();
    batch.push(message);
    bytes += size;
  }
  await flush();
}

const notOwner = (partition: number): Error => new Error(`partition ${partition} is another owner's by now`);

/** Deletes what the new head does not name. What cannot be deleted now is with the next checkpoint. */
async function deleteOld(writing: Writing, dropped: readonly Part[], head: CheckpointHead, now: number): Promise<void> {
  const { options, owner } = writing;
  const { kept, others = new Map<string, Generation>() } = owner;
  const { partition } = kept;
  const old = [...others].filter(([, generation]) => isOutdated(generation, head, now));
  const keys = [...kept.keysOf(dropped)];
  // heads before the chunks that they name
  for (const [name, { keys: theirs }] of old) keys.push(headKey(partition, name), ...theirs);
  try {
    for (let from = 0; from < keys.length; from += SEND_TOMBSTONES) {
      const tombstones = keys.slice(from, from + SEND_TOMBSTONES).map((key) => ({ key, value: null }));
      await options.producer.append('checkpoints', partition, tombstones);
    }
    kept.deleted(dropped);
    for (const [name] of old) others.delete(name);
  } catch (cause) {
    const code = isArmatureError(cause) ? cause.code : String(cause);
    options.logger.warn('old checkpoints not deleted', { partition, cause: code, remedy: 'none needed: tried again' });
  }
}

/**
 * Whether nobody needs what another owner has left. Whoever has come further may be the owner, and this process one that
 * was replaced and does not know it yet.
 */
function isOutdated({ head, newest }: Generation, mine: CheckpointHead, now: number): boolean {
  if (head === undefined) return newest < now - ABANDONED_MS;
  return head.log !== mine.log || head.offset < mine.offset;
}

async function leftByOthers(
  options: CheckpointLogOptions,
  partition: number,
  own: string,
): Promise<Map<string, Generation>> {
  const { generations } = await read(options, partition, false);
  const left = [...generations].filter(([name, { keys }]) => name !== own && keys.size > 0);
  return new Map(left);
}
