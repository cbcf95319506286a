import { type Registry, tickIntervalMs } from '@armature/analysis/fold';
import type { Clock } from '../ports.js';

const CHECKPOINT_MS = 60_000;
const LOOK_MS = 1000;

/** What runs by the clock. Each must not reject. */
export interface Duties {
  readonly tick: () => Promise<void>;
  readonly publish: () => Promise<void>;
  readonly checkpoint: () => Promise<void>;
  /** Whether a checkpoint is due before its time. */
  readonly checkpointDue: () => boolean;
}

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
  const fixed = [
    clock.every(CHECKPOINT_MS, duties.checkpoint),
    clock.every(LOOK_MS, async () => {
      if (duties.checkpointDue()) await duties.checkpoint();
    }),
  ];
  const restart = (): void => {
    stopChanging();
    changing = [clock.every(tickIntervalMs(registry), duties.tick), clock.every(pollMs(registry), duties.publish)];
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
function pollMs(registry: Registry): number {
  let shortest = 1000;
  for (const hash of registry.applied().values()) {
    shortest = Math.min(shortest, registry.definition(hash)?.updateMs ?? shortest);
  }
  return Math.max(10, Math.floor(shortest / 4));
}
