import { EVENT_TYPES } from '@armature/sdk/protocol';
import { type DecodedRecord, decodeRecord } from './decode-record.js';
import type { OwnerParts } from './partition-owner.js';
import type { RawRecord } from './ports.js';

type ReadingParts = Pick<OwnerParts, 'deadLetter' | 'config' | 'registry' | 'partitions'>;

/** Records as the fold sees them, once those that it cannot see are durable elsewhere, and all they name is known. */
export async function readableRecords(
  parts: ReadingParts,
  records: readonly RawRecord[],
): Promise<readonly DecodedRecord[]> {
  const { deadLetter, config, partitions } = parts;
  const decoded = records.map((raw) => decodeRecord(raw, partitions));
  const lost = decoded.flatMap(({ fault }, n) => {
    const raw = records[n];
    return fault === undefined || raw === undefined ? [] : [deadLetter(raw, fault)];
  });
  await Promise.all(lost);
  if (decoded.some((each) => isAhead(parts, each))) await config.catchUp();
  return decoded;
}

/** Whether a decision names what this process has not read of the config log yet. */
function isAhead({ registry }: ReadingParts, { record: { event } }: DecodedRecord): boolean {
  if (event.type !== EVENT_TYPES.decision) return false;
  const { experiment, definition, snapshot } = event.data;
  return registry.version(experiment, snapshot) === undefined || registry.definition(definition) === undefined;
}
