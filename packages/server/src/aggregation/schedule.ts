import { type Registry, tickIntervalMs } from '@armature/analysis/fold';
import type { Clock } from '../ports.js';
import type { Duties } from './duties.js';

const CHECKPOINT_MS = 60_000;
const LOOK_MS = 1000;

export interface Schedule {
  /** Adapts ticks and publishing to the definitions in force. */
  restart(): void;
  stop(): void;
}

/** Starts the clockwork of an engine. */
export function startSchedule(clock: Clock, registry: Registry, duties: Duties): Schedule {
  let changing: (() => void)[] = [];
  const stopChanging = (): void => {
    for (const stop of changing) stop();
    changing = [];
  };
  const checkpoint = duties.guarded('checkpoint', duties.checkpoint);
  const fixed = [
    clock.every(CHECKPOINT_MS, checkpoint),
    clock.every(LOOK_MS, async () => {
      if (duties.checkpointDue()) await checkpoint();
    }),
  ];
  const restart = (): void => {
    stopChanging();
    changing = [
      clock.every(
        tickIntervalMs(registry),
        duties.guarded('tick', () => duties.tick()),
      ),
      clock.every(pollMs(registry), duties.guarded('publishing', duties.publish)),
    ];
  };
  restart();
  return {
    restart,
    stop() {
      stopChanging();
      for (const stop of fixed) stop();
    },
  };
}

/** How often to ask whether a version is due: often enough for the shortest `update`. */
export function pollMs(registry: Registry): number {
  let shortest = 1000;
  for (const hash of registry.applied().values()) {
    shortest = Math.min(shortest, registry.definition(hash)?.updateMs ?? shortest);
  }
  return Math.max(10, Math.floor(shortest / 4));
}
