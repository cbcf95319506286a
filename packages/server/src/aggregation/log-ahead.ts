import { DEDUPE_HORIZON_MS, FUTURE_TOLERANCE_MS } from '@armature/analysis/fold';
import type { ArmatureError } from '@armature/sdk';
import { serverError } from '../errors.js';
import type { Logger } from '../ports.js';
import type { Partition } from './partition.js';

type Timed = Pick<Partition, 'state'>;

const iso = (time: number): string => new Date(time).toISOString();
const logTimeOf = (partitions: readonly Timed[]): number =>
  Math.max(0, ...partitions.map(({ state }) => state.watermark));

/** How far log time is ahead of the clock, ms; 0 where it is not. */
export function aheadMs(partitions: readonly Timed[], now: number): number {
  return Math.max(0, logTimeOf(partitions) - now);
}

/** LOG_AHEAD while log time is further ahead of the clock than clocks may differ: one was wrong, then or now. */
export function logAhead(partitions: readonly Timed[], now: number): ArmatureError | undefined {
  const ahead = aheadMs(partitions, now);
  if (ahead <= FUTURE_TOLERANCE_MS) return undefined;
  const got = `log time ${iso(now + ahead)}, and a clock of ${iso(now)}`;
  return serverError('LOG_AHEAD', { got });
}

/**
 * Tells, before the first tick of a start moves log time, what is odd about it: that the log is ahead of the clock, or
 * that it was shut for so long that the clock may be wrong.
 */
export function tellLogTime(partitions: readonly Timed[], now: number, logger: Logger): void {
  const ahead = logAhead(partitions, now);
  if (ahead !== undefined) logger.warn('log ahead of the clock', { code: ahead.code, cause: ahead.message });
  const logTime = logTimeOf(partitions);
  if (logTime === 0 || now - logTime <= DEDUPE_HORIZON_MS) return;
  const remedy = "none where that is so; if the machine's clock is ahead, set it right and see LOG_AHEAD";
  logger.warn('log shut for long', { since: iso(logTime), now: iso(now), remedy });
}
