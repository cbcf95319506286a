import {
  type ChangeEffect,
  type ConfigEvent,
  changeEffect,
  definitionOf,
  EVENT_TYPES,
  type Experiment,
} from '@armature/sdk/protocol';
import type { KnownExperiments } from '../ingest/known-experiments.js';

/**
 * The records that make a set of experiments the one in force: one for each definition that is new or changed, one for
 * each experiment that is gone. The first definition of an experiment begins its first learning epoch.
 *
 * @param now ms since the epoch
 * @param end offset of the next record of the config log: it makes the ids unique
 */
export function planDefinitions(
  experiments: readonly Experiment[],
  known: KnownExperiments,
  now: number,
  end: number,
): readonly ConfigEvent[] {
  const events: ConfigEvent[] = [];
  const record = (
    experiment: string,
    definition: string,
    action: 'applied' | 'removed',
    effect: ChangeEffect,
    body: Experiment,
  ): void => {
    events.push({
      specversion: '1.0',
      type: EVENT_TYPES.config,
      source: '/server',
      id: `definition-${experiment}-${end + events.length}`,
      time: new Date(now).toISOString(),
      data: { experiment, definition, action, effect, by: 'experiment files', body },
    });
  };
  for (const experiment of experiments) {
    const { hash, body } = definitionOf(experiment);
    const before = known.get(experiment.id);
    if (before?.applied && before.hash === hash) continue;
    const effect = before === undefined ? 'resets-posterior' : changeEffect(before.current, body);
    record(experiment.id, hash, 'applied', effect, body);
  }
  const kept = new Set(experiments.map(({ id }) => id));
  for (const { id, hash, applied, current } of known.all()) {
    if (applied && !kept.has(id)) record(id, hash, 'removed', 'keeps-posterior', current);
  }
  return events;
}
