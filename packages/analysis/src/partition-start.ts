import { floorState } from './fold/floor-state.js';
import type { Registry } from './fold/registry.js';
import { emptyState, type PartitionState } from './fold/state.js';
import { type Floor, readFloor } from './log/floor.js';

/** The state that a partition's log is folded from. */
export interface PartitionStart {
  readonly state: PartitionState;
  /** Where older records were deleted; undefined where the log has them all. */
  readonly floor: Pick<Floor, 'offset' | 'at'> | undefined;
}

/**
 * The state before a partition's first record: empty, or what the fold had made of the records that retention deleted.
 *
 * @param directory the data directory
 * @param log identity of its log
 * @throws AnalysisError LOG_OTHER, STATE_OUTDATED; LogDamage
 */
export async function partitionStart(
  directory: string,
  partition: number,
  log: string,
  registry: Registry,
): Promise<PartitionStart> {
  const floor = await readFloor(directory, partition);
  if (floor === undefined) return { state: emptyState(), floor: undefined };
  const state = floorState(floor, partition, log, registry);
  return { state, floor: { offset: floor.offset, at: floor.at } };
}

/** Which records retention has deleted, in words, partition by partition; none where the log has them all. */
export function deletedIn(floors: readonly PartitionStart['floor'][]): readonly string[] {
  return floors.flatMap((floor, partition) => {
    if (floor === undefined) return [];
    const { offset, at } = floor;
    return [`the first ${offset} records of partition ${partition}, up to ${new Date(at).toISOString()}`];
  });
}
