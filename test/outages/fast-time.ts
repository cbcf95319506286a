/** A clock that runs faster than the world's, and timers that keep up with it: a day of an outage in minutes. */
export interface FastTime {
  /** ms since the epoch by the fast clock. */
  now(): number;
  /** How many times faster than the world from here on. */
  speed: number;
  /** Most timers that waited at once since the beginning. */
  readonly mostTimers: number;
  /** Waits by the world's clock, whatever the speed. */
  sleep(realMs: number): Promise<void>;
  /** Gives back the timers that were there before. */
  restore(): void;
}

/** Replaces `setTimeout` and `clearTimeout` of this realm until `restore`. Sockets stay what they are. */
export function fastTime(): FastTime {
  const { setTimeout: real, clearTimeout: realClear } = globalThis;
  const waiting = new Set<unknown>();
  let mostTimers = 0;
  let speed = 1;
  let [at, since] = [Date.now(), performance.now()];
  const now = (): number => at + (performance.now() - since) * speed;
  const set = (run: (...values: unknown[]) => void, ms = 0, ...values: unknown[]): NodeJS.Timeout => {
    const timer = real(() => {
      waiting.delete(timer);
      run(...values);
    }, ms / speed);
    mostTimers = Math.max(mostTimers, waiting.add(timer).size);
    return timer;
  };
  const clear = (timer: NodeJS.Timeout | undefined): void => {
    waiting.delete(timer);
    realClear(timer);
  };
  Object.assign(globalThis, { setTimeout: set, clearTimeout: clear });
  return {
    now,
    get speed() {
      return speed;
    },
    set speed(next) {
      [at, since] = [now(), performance.now()];
      speed = next;
    },
    get mostTimers() {
      return mostTimers;
    },
    sleep: (realMs) => new Promise((resolve) => real(resolve, realMs)),
    restore() {
      Object.assign(globalThis, { setTimeout: real, clearTimeout: realClear });
    },
  };
}
