import type { Registry } from '@armature/analysis/fold';
import type { ConfigLogEvent, LogRecord } from '@armature/sdk/protocol';
import { serverError } from '../errors.js';
import type { KnownExperiments } from '../ingest/known-experiments.js';
import type { EventLog } from '../ports.js';

/** Takes records of the config log into the registry and the index of experiments, in their order. */
export function configTaker(
  registry: Registry,
  known: KnownExperiments,
): (records: readonly LogRecord<ConfigLogEvent>[]) => void {
  return (records) => {
    for (const record of records) {
      registry.applyConfig(record.event);
      known.apply(record);
    }
  };
}

/**
 * Reads the config log into the registry and the index of experiments, and from then on keeps them up to date.
 *
 * @throws LOG_MISMATCH when a version was made from records that the event log has lost
 */
export async function followConfig(log: EventLog, registry: Registry, known: KnownExperiments): Promise<void> {
  const take = configTaker(registry, known);
  const asOf = new Map<string, number>();
  for await (const records of log.config.read(0)) {
    take(records);
    for (const record of records) {
      if (!('asOf' in record.event.data)) continue;
      for (const [partition, offset] of Object.entries(record.event.data.asOf)) asOf.set(partition, offset);
    }
  }
  for (const { name, end } of log.partitions) {
    const seen = asOf.get(name) ?? 0;
    if (seen <= end) continue;
    throw serverError('LOG_MISMATCH', { got: `partition ${name} ending at ${end}, and a version made from ${seen}` });
  }
  log.config.onDurable(take);
}
