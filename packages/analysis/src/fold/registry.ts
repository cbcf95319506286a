import { type ConfigLogEvent, EVENT_TYPES, type Experiment, type SnapshotData } from '@armature/sdk/protocol';

/**
 * Everything the config log has said: definitions by content hash and versions by name. Both are immutable, so that a
 * fold which looks one up by the name in an event does not depend on how far the registry has been read.
 */
export interface Registry {
  applyConfig(event: ConfigLogEvent): void;
  definition(hash: string): Experiment | undefined;
  version(experiment: string, version: string): SnapshotData | undefined;
  /** The last version of an experiment. */
  latest(experiment: string): SnapshotData | undefined;
  /** All versions of an experiment, oldest first. */
  versions(experiment: string): readonly SnapshotData[];
  /** Hash of the definition that is in force, by experiment. */
  applied(): ReadonlyMap<string, string>;
}

/** An empty registry. */
export function createRegistry(): Registry {
  const definitions = new Map<string, Experiment>();
  const versions = new Map<string, Map<string, SnapshotData>>();
  const latest = new Map<string, SnapshotData>();
  const applied = new Map<string, string>();
  /** The version that was asked for last: decisions that follow each other mostly share it. */
  let last: SnapshotData | undefined;
  return {
    applyConfig(event) {
      last = undefined;
      if (event.type === EVENT_TYPES.config) {
        const { experiment, definition, action, body } = event.data;
        definitions.set(definition, body);
        if (action === 'applied') applied.set(experiment, definition);
        else applied.delete(experiment);
      } else {
        const { experiment, version } = event.data;
        const known = versions.get(experiment) ?? new Map<string, SnapshotData>();
        known.set(version, event.data);
        versions.set(experiment, known);
        latest.set(experiment, event.data);
      }
    },
    definition: (hash) => definitions.get(hash),
    version(experiment, version) {
      if (last?.version === version && last.experiment === experiment) return last;
      last = versions.get(experiment)?.get(version);
      return last;
    },
    latest: (experiment) => latest.get(experiment),
    versions: (experiment) => [...(versions.get(experiment)?.values() ?? [])],
    applied: () => applied,
  };
}
