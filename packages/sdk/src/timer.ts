/** A timer that is set for longer fires at once: what is asked to wait for ever waits 25 days. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Calls `run` once, `ms` from now; 25 days from now at the latest.
 *
 * @param hold keeps a Node process alive until then: for what somebody awaits. @default false
 * @returns cancels the call
 */
export function after(ms: number, run: () => void, hold = false): () => void {
  const handle: unknown = globalThis.setTimeout(run, ms < LONGEST_MS ? ms : LONGEST_MS);
  if (!hold && typeof handle === 'object') (handle as { unref?: () => void }).unref?.();
  return () => globalThis.clearTimeout(handle as number);
}

/** Resolves `ms` from now, or with `over`. Keeps a Node process alive until then. */
export function pause(ms: number, over: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const cancel = after(ms, resolve, true);
    void over.then(cancel).then(resolve);
  });
}
