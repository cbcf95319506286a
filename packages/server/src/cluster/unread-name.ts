import type { Registry } from '@armature/analysis/fold';
import { EVENT_TYPES, type LogEvent } from '@armature/sdk/protocol';

/** What a decision was made under, as one text, where the registry does not have it: it may not have been read yet. */
export function unreadName(registry: Registry, event: LogEvent): string | undefined {
  if (event.type !== EVENT_TYPES.decision) return undefined;
  const { experiment, snapshot, definition } = event.data;
  if (registry.version(experiment, snapshot) !== undefined && registry.definition(definition) !== undefined) {
    return undefined;
  }
  return `${experiment}\0${snapshot}\0${definition}`;
}
