import type { Registry } from '@armature/analysis/fold';
import { createPublisher, type Publisher } from '../aggregation/publisher.js';
import type { KnownExperiments } from '../ingest/known-experiments.js';
import type { Clock, Logger } from '../ports.js';
import type { SharedConfigLog, SharedState } from './ports.js';
import { posteriorFields } from './posterior-fields.js';
import { sharedView } from './shared-view.js';

export interface PublishDutyParts {
  readonly config: SharedConfigLog;
  readonly shared: SharedState;
  readonly registry: Registry;
  readonly known: KnownExperiments;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whether this process owns the partition whose owner publishes. */
  readonly isPublisher: () => boolean;
}

/** Makes versions from what all servers have committed. */
export interface PublishDuty extends Pick<Publisher, 'faults'> {
  /** Makes the versions that are due, where it is this server's to make them, or `anyway`: at a start nobody may be. */
  publish(anyway?: boolean): Promise<boolean>;
}

/** How often people who look with redis-cli get new figures. */
const SHOW_MS = 1000;

export function createPublishDuty(parts: PublishDutyParts): PublishDuty {
  const { config, shared, registry, known, clock, logger, isPublisher } = parts;
  const view = sharedView(shared, config.partitions, config.id);
  const publisher = createPublisher({ config, partitions: view.partitions, registry, known, clock, logger });
  let behind = false;
  let shownAt = 0;

  /** Weights do not rest on less than those before them: a state that was lost is counted again first. */
  const isBehind = (): boolean => {
    const seen = new Map<string, number>();
    for (const name of registry.applied().keys()) {
      for (const [partition, offset] of Object.entries(registry.latest(name)?.asOf ?? {})) {
        seen.set(partition, Math.max(offset, seen.get(partition) ?? 0));
      }
    }
    return view.partitions.some(({ index, state }) => state.offset < (seen.get(String(index)) ?? 0));
  };
  const show = async (): Promise<void> => {
    if (clock.now() - shownAt < SHOW_MS) return;
    shownAt = clock.now();
    for (const hash of registry.applied().values()) {
      const experiment = registry.definition(hash);
      if (experiment === undefined) continue;
      const epoch = known.get(experiment.id)?.epoch ?? 1;
      const fields = posteriorFields(experiment, epoch, registry.latest(experiment.id), view.partitions);
      await shared.showPosteriors(experiment.id, fields);
    }
  };
  return {
    faults: publisher.faults,
    async publish(anyway = false) {
      if (!anyway && !isPublisher()) return false;
      const news = await view.refresh();
      const was = behind;
      behind = isBehind();
      if (behind !== was) {
        const text = behind
          ? 'weights wait for a state that is counted again'
          : 'the state has caught up, weights move';
        logger.warn(text);
      }
      const made = behind ? false : await publisher.publish();
      if (news || made)
        await show().catch((cause: unknown) => logger.warn('posteriors not shown', { cause: String(cause) }));
      return made;
    },
  };
}
