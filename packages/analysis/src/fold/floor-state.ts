import { AnalysisError } from '../errors.js';
import type { Floor } from '../log/floor.js';
import { unpackState } from './packed-state.js';
import type { Registry } from './registry.js';
import type { PartitionState } from './state.js';

/**
 * What the fold had made of records that were deleted.
 *
 * @param partition its number
 * @param log identity of the log that it has to be of
 * @throws AnalysisError LOG_OTHER; STATE_OUTDATED, since the records that it could be made again from are gone
 */
export function floorState(floor: Floor, partition: number, log: string, registry: Registry): PartitionState {
  const what = `partition ${partition} beginning at record ${floor.offset}`;
  if (floor.log !== log) throw new AnalysisError('LOG_OTHER', `${what} of log ${floor.log} beside log ${log}`);
  const state = unpackState(floor, registry);
  if (state === undefined) throw new AnalysisError('STATE_OUTDATED', what);
  return state;
}
