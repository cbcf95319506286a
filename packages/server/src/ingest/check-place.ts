import { hasDecision } from '@armature/analysis/fold';
import { type DecisionEvent, EVENT_TYPES, type ExposureEvent, type RewardEvent } from '@armature/sdk/protocol';
import type { Partition } from '../aggregation/partition.js';
import { type Fault, fault } from './fault.js';

/**
 * What names a decision by its id alone lies in the partition of that id. Where another partition holds the decision, it
 * was logged under a unit or request, and the two would never meet. A decision that nobody has seen yet may still come.
 *
 * @param index the partition that the event's key gives
 */
export function checkPlace(
  { type, data }: DecisionEvent | RewardEvent | ExposureEvent,
  index: number,
  partitions: readonly Pick<Partition, 'state'>[],
): Fault | undefined {
  if (type === EVENT_TYPES.decision || !('decision' in data)) return undefined;
  const { experiment, decision, unit, request } = data;
  if (unit !== undefined || request !== undefined) return undefined;
  const holds = ({ state }: Pick<Partition, 'state'>): boolean => hasDecision(state, experiment, decision);
  const own = partitions[index];
  if (partitions.length === 1 || own === undefined || holds(own) || !partitions.some(holds)) return undefined;
  const got = `request is missing, and decision ${decision} was logged under a unit or request`;
  return fault('REQUIRED', '/data/request', got, 'send the unit and request of the decision: they say where it is');
}
