import { type ArmatureError, isArmatureError } from '@armature/sdk';
import { serverError } from '../errors.js';
import type { OwnerCounts, Owners } from './owners.js';
import type { GroupConsumer, PartitionLag } from './ports.js';

/** A server's part among several, for metrics and health. */
export interface ClusterFigures {
  readonly counts: Readonly<OwnerCounts>;
  /** Partitions that this server folds. */
  owned(): number;
  /** Those of them that stand still. */
  stopped(): number;
  lag(): readonly PartitionLag[];
  /** Whether the shared state could be reached when it was last asked. */
  stateReached(): boolean;
  /** How often the consumer was built anew. */
  restarts(): number;
}

export function clusterFigures(owners: Owners, consumer: GroupConsumer): ClusterFigures {
  return {
    counts: owners.counts,
    owned: () => owners.owned().filter(({ held }) => held !== undefined).length,
    stopped: () => owners.owned().filter(({ fault }) => fault !== undefined).length,
    lag: () => consumer.lag(),
    stateReached: () => owners.stateFault === undefined,
    restarts: () => consumer.restarts,
  };
}

/** Why a partition of this server stands still, or what it folds cannot be kept, if so. */
export function standingFault(owners: Owners): ArmatureError | undefined {
  const fault = owners.stateFault ?? owners.owned().find((owner) => owner.fault !== undefined)?.fault;
  if (fault === undefined || isArmatureError(fault)) return fault;
  return serverError('INTERNAL', { got: fault.message, cause: fault });
}
