import type { Clock } from '../ports.js';

/** Name of the error of a task that was given up. */
export const SILENCE = 'NoAnswer';

/** Rejects when `task` has not settled after `ms`; the task itself goes on. */
export async function within<T>(ms: number, clock: Clock, task: Promise<T>): Promise<T> {
  let cancel = (): void => {};
  const late = new Promise<never>((_, reject) => {
    cancel = clock.after(ms, () => reject(Object.assign(new Error(`no answer within ${ms} ms`), { name: SILENCE })));
  });
  try {
    return await Promise.race([task, late]);
  } finally {
    cancel();
  }
}
