/** A clock that runs faster than the world's, and timers that keep up with it: a day of an outage in minutes. */
export interface FastTime {
  /** ms since the epoch by the fast clock. */
  now(): number;
  /** How many times faster than the world from here on. */
  speed: number;
  /** Waits by the world's clock, whatever the speed. */
  sleep(realMs: number): Promise<void>;
  /** Gives back the timers that were there before. */
  restore(): void;
}

/** Replaces `setTimeout` of this realm until `restore`. Sockets stay what they are. */
export function fastTime(): FastTime {
  const real = globalThis.setTimeout;
  let speed = 1;
  let [at, since] = [Date.now(), performance.now()];
  const now = (): number => at + (performance.now() - since) * speed;
  const fast = (run: (...values: unknown[]) => void, ms = 0, ...values: unknown[]): NodeJS.Timeout =>
    real(run, ms / speed, ...values);
  globalThis.setTimeout = fast as typeof setTimeout;
  return {
    now,
    get speed() {
      return speed;
    },
    set speed(next) {
      [at, since] = [now(), performance.now()];
      speed = next;
    },
    sleep: (realMs) => new Promise((resolve) => real(resolve, realMs)),
    restore() {
      globalThis.setTimeout = real;
    },
  };
}
