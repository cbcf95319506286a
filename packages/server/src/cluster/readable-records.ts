import { type DecodedRecord, decodeRecord } from './decode-record.js';
import type { OwnerParts } from './partition-owner.js';
import type { RawRecord } from './ports.js';
import { unreadName } from './unread-name.js';

type ReadingParts = Pick<OwnerParts, 'deadLetter' | 'config' | 'registry' | 'partitions'>;

/** Records as the fold sees them, once those that it cannot see are durable elsewhere, and all they name is known. */
export async function readableRecords(
  parts: ReadingParts,
  records: readonly RawRecord[],
): Promise<readonly DecodedRecord[]> {
  const { deadLetter, config, partitions, registry } = parts;
  const decoded = records.map((raw) => decodeRecord(raw, partitions));
  const lost = decoded.flatMap(({ fault }, n) => {
    const raw = records[n];
    return fault === undefined || raw === undefined ? [] : [deadLetter(raw, fault)];
  });
  await Promise.all(lost);
  if (decoded.some(({ record }) => unreadName(registry, record.event) !== undefined)) await config.catchUp();
  return decoded;
}
