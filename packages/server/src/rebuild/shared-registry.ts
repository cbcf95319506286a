import { createRegistry, type Registry } from '@armature/analysis/fold';
import { EVENT_TYPES, type LogEvent, type LogRecord } from '@armature/sdk/protocol';
import type { SharedConfig } from '../adapters/kafka/read-shared-config.js';

/** Definitions and versions as they are in the config topic, for a fold that is no server. */
export interface SharedRegistry {
  readonly registry: Registry;
  /** Reads what was added since. */
  refresh(): Promise<void>;
  /** Reads what was added since, if a record names something that is not known and was not looked for before. */
  prepare(records: readonly LogRecord<LogEvent>[]): Promise<void>;
}

/** @param read reads the config topic from its beginning */
export async function sharedRegistry(read: () => Promise<SharedConfig>): Promise<SharedRegistry> {
  const registry = createRegistry();
  const missed = new Set<string>();
  let applied = 0;
  const refresh = async (): Promise<void> => {
    const { records } = await read();
    for (const { event } of records.slice(applied)) registry.applyConfig(event);
    applied = records.length;
  };
  /** Name of what a decision was made under, where that is not known. */
  const unknownOf = ({ event }: LogRecord<LogEvent>): string | undefined => {
    if (event.type !== EVENT_TYPES.decision) return undefined;
    const { experiment, snapshot, definition } = event.data;
    if (registry.version(experiment, snapshot) !== undefined && registry.definition(definition) !== undefined) {
      return undefined;
    }
    return `${experiment}\0${snapshot}\0${definition}`;
  };
  await refresh();
  return {
    registry,
    refresh,
    async prepare(records) {
      const names = records.map(unknownOf).filter((name) => name !== undefined && !missed.has(name));
      if (names.length === 0) return;
      await refresh();
      for (const name of names) if (name !== undefined) missed.add(name);
    },
  };
}
