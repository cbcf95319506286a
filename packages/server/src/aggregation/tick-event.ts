import { EVENT_TYPES, type TickEvent } from '@armature/sdk/protocol';

/**
 * What moves a partition's log time and nothing else.
 *
 * @param at ms since the epoch
 * @param start whether the log was shut before it, so that log time may jump
 */
export function tickEvent(partition: number, at: number, start: boolean): TickEvent {
  return {
    specversion: '1.0',
    type: EVENT_TYPES.tick,
    source: '/server',
    id: `tick-${partition}-${at}`,
    time: new Date(at).toISOString(),
    data: start ? { start } : {},
  };
}
