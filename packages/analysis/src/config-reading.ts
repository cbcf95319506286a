import type { ConfigLogEvent, Experiment } from '@armature/sdk/protocol';
import { createRegistry, type Registry } from './fold/registry.js';
import { layoutOf } from './log/data-directory.js';
import { readStream } from './log/read-log.js';

/** What the config log of a data directory says, as far as it has been read. */
export interface ConfigReading {
  readonly registry: Registry;
  /** The newest definition of every experiment there ever was, by name. */
  readonly experiments: ReadonlyMap<string, Experiment>;
  /** Reads what a running server has added since. */
  refresh(): Promise<void>;
}

/** Reads the config log of a data directory. */
export async function readConfigLog(directory: string): Promise<ConfigReading> {
  const registry = createRegistry();
  const experiments = new Map<string, Experiment>();
  let next = 0;
  const refresh = async (): Promise<void> => {
    for await (const records of readStream<ConfigLogEvent>(layoutOf(directory).config, next)) {
      for (const { offset, event } of records) {
        registry.applyConfig(event);
        if ('body' in event.data) experiments.set(event.data.experiment, event.data.body);
        next = offset + 1;
      }
    }
  };
  await refresh();
  return { registry, experiments, refresh };
}
