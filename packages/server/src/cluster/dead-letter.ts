import type { RecordFault } from './decode-record.js';
import type { Producer, RawRecord } from './ports.js';

/** Bytes of a record that are put: with the headers they are less than every topic takes. */
const MOST_BYTES = 1_000_000;

/**
 * Puts records that are no events where people find them: the bytes as they were, and in the headers where they lay and
 * what is wrong. The key is the place, so that one that is put twice is known as the same. Of a record that is larger
 * than the topic takes it puts the beginning, since the whole would hold up its partition for ever.
 */
export function deadLetterOf(producer: Producer): (raw: RawRecord, fault: RecordFault) => Promise<void> {
  return async ({ partition, offset, at, key, value }, { code, detail }) => {
    const headers = {
      'armature-code': code,
      'armature-detail': detail.slice(0, 1000),
      'armature-partition': String(partition),
      'armature-offset': String(offset),
      'armature-at': new Date(at).toISOString(),
      ...(value === null || value.length <= MOST_BYTES ? {} : { 'armature-bytes': String(value.length) }),
      ...(key === null ? {} : { 'armature-key': Buffer.from(key).toString('base64').slice(0, 1000) }),
    };
    await producer.append('dead-letters', 0, [
      { key: `${partition}/${offset}`, value: value?.subarray(0, MOST_BYTES) ?? null, headers },
    ]);
  };
}
