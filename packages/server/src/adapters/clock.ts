import type { Clock } from '../ports.js';

/** The machine's clock. Its timers do not keep a process alive. */
export function systemClock(): Clock {
  return {
    now: () => Date.now(),
    after(ms, run) {
      const timer = setTimeout(() => void run(), ms);
      timer.unref();
      return () => clearTimeout(timer);
    },
    every(ms, run) {
      let stopped = false;
      let timer: NodeJS.Timeout;
      const next = (): void => {
        timer = setTimeout(async () => {
          await run();
          if (!stopped) next();
        }, ms);
        timer.unref();
      };
      next();
      return () => {
        stopped = true;
        clearTimeout(timer);
      };
    },
  };
}

/** A clock that stands still until it is told to go on. */
export interface VirtualClock extends Clock {
  /** Goes on by `ms`, running what falls due in order of time, each to its end before the next. */
  advance(ms: number): Promise<void>;
}

interface Timer {
  at: number;
  readonly order: number;
  readonly every: number | undefined;
  readonly run: () => void | Promise<void>;
}

/**
 * A clock for tests and simulated runs: the same calls give the same course.
 *
 * @param start its first time, ms since the epoch
 * @example
 * virtualClock(1000).now() // => 1000
 */
export function virtualClock(start: number): VirtualClock {
  let now = start;
  let order = 0;
  const timers = new Set<Timer>();
  const add = (ms: number, every: number | undefined, run: Timer['run']): (() => void) => {
    const timer: Timer = { at: now + ms, order: order++, every, run };
    timers.add(timer);
    return () => void timers.delete(timer);
  };
  const due = (until: number): Timer | undefined => {
    let first: Timer | undefined;
    for (const timer of timers) {
      if (timer.at > until) continue;
      if (first === undefined || timer.at < first.at || (timer.at === first.at && timer.order < first.order)) {
        first = timer;
      }
    }
    return first;
  };
  return {
    now: () => now,
    after: (ms, run) => add(ms, undefined, run),
    every: (ms, run) => add(ms, ms, run),
    async advance(ms) {
      const until = now + ms;
      for (let timer = due(until); timer !== undefined; timer = due(until)) {
        now = Math.max(now, timer.at);
        if (timer.every === undefined) timers.delete(timer);
        else timer.at += timer.every;
        await timer.run();
      }
      now = until;
    },
  };
}
