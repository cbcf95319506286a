import type { RecordFault } from './decode-record.js';
import type { Producer, RawRecord } from './ports.js';

/**
 * Puts records that are no events where people find them: the bytes as they were, and in the headers where they lay and
 * what is wrong. The key is the place, so that one that is put twice is known as the same.
 */
export function deadLetterOf(producer: Producer): (raw: RawRecord, fault: RecordFault) => Promise<void> {
  return async ({ partition, offset, at, key, value }, { code, detail }) => {
    const headers = {
      'armature-code': code,
      'armature-detail': detail.slice(0, 1000),
      'armature-partition': String(partition),
      'armature-offset': String(offset),
      'armature-at': new Date(at).toISOString(),
      ...(key === null ? {} : { 'armature-key': Buffer.from(key).toString('base64').slice(0, 1000) }),
    };
    await producer.append('dead-letters', 0, [{ key: `${partition}/${offset}`, value, headers }]);
  };
}
