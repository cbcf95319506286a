import { createRegistry, type Registry } from '@armature/analysis/fold';
import type { LogEvent, LogRecord } from '@armature/sdk/protocol';
import type { SharedConfig } from '../adapters/kafka/read-shared-config.js';
import { unreadName } from '../cluster/unread-name.js';

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
  await refresh();
  return {
    registry,
    refresh,
    async prepare(records) {
      const names = records.map(({ event }) => unreadName(registry, event));
      const fresh = names.filter((name) => name !== undefined && !missed.has(name));
      if (fresh.length === 0) return;
      await refresh();
      for (const name of fresh) if (name !== undefined) missed.add(name);
    },
  };
}
