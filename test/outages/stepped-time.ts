/** Timers that are called when the time is moved, not before: no real time passes, and a run repeats. */
export interface SteppedTime {
  now(): number;
  /** Moves on by `ms`, millisecond by millisecond, calling what is due. */
  pass(ms: number): Promise<void>;
  restore(): void;
}

/** Replaces `setTimeout` and `clearTimeout` of this realm until `restore`. */
export function steppedTime(): SteppedTime {
  const { setTimeout: realSet, clearTimeout: realClear } = globalThis;
  const due = new Map<number, Map<number, () => void>>();
  const times = new Map<number, number>();
  let now = 1_800_000_000_000;
  let last = 0;
  const set = (run: () => void, ms = 0): number => {
    const at = now + Math.max(1, Math.ceil(ms));
    last += 1;
    const calls = due.get(at) ?? new Map<number, () => void>();
    due.set(at, calls.set(last, run));
    times.set(last, at);
    return last;
  };
  const clear = (handle: number): void => {
    due.get(times.get(handle) ?? 0)?.delete(handle);
    times.delete(handle);
  };
  Object.assign(globalThis, { setTimeout: set, clearTimeout: clear });
  const callDue = async (): Promise<void> => {
    const calls = due.get(now);
    if (calls === undefined) return;
    for (const [handle, run] of calls) {
      times.delete(handle);
      run();
    }
    due.delete(now);
    await new Promise(setImmediate); // what they promised is kept before the time goes on
  };
  return {
    now: () => now,
    async pass(ms) {
      for (let n = 0; n < ms; n += 1) {
        now += 1;
        await callDue();
      }
    },
    restore: () => void Object.assign(globalThis, { setTimeout: realSet, clearTimeout: realClear }),
  };
}
