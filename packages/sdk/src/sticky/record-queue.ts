import type { StickyRecord } from '../sticky.js';
import { after } from '../timer.js';

/** A record on its way to the store. */
export interface QueuedRecord {
  readonly unit: string;
  readonly record: StickyRecord;
}

/** Records that wait for the store: each is tried until it is kept, a failure pauses all. */
export interface RecordQueue {
  /** How many wait or are being written. */
  readonly size: number;
  add(item: QueuedRecord): 'added' | 'already' | 'full';
  /** Resolves when nothing is on its way, or after `ms`. Keeps a Node process alive until then. */
  idle(ms: number): Promise<void>;
}

const AT_ONCE = 32;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;

const nameOf = ({ unit, record }: QueuedRecord): string => `${record.key}\0${unit}`;

/** Pauses that double with each failure, until something succeeds. */
function growingPauses(resume: () => void): { readonly paused: boolean; begin(): void; over(): void } {
  let paused = false;
  let failures = 0;
  return {
    get paused() {
      return paused;
    },
    begin() {
      if (paused) return;
      paused = true;
      after(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures), () => {
        paused = false;
        resume();
      });
      failures += 1;
    },
    over() {
      failures = 0;
    },
  };
}

/** Those who wait until all is written. A store may be away for hours: whoever gives up leaves nothing behind. */
function waiters(): { wake(): void; wait(ms: number): Promise<void> } {
  const waiting = new Set<() => void>();
  return {
    wake() {
      for (const wake of waiting) wake();
    },
    wait: (ms) =>
      new Promise((resolve) => {
        const wake = (): void => {
          waiting.delete(wake);
          cancel();
          resolve();
        };
        const cancel = after(ms, wake, true);
        waiting.add(wake);
      }),
  };
}

/**
 * @param capacity how many may be on their way
 * @param write hands one to the store; a rejection puts it back
 * @param onFailure told of each rejection
 */
export function recordQueue(
  capacity: number,
  write: (item: QueuedRecord) => Promise<void>,
  onFailure: (cause: unknown) => void,
): RecordQueue {
  const items = new Map<string, QueuedRecord>();
  const waiting = new Set<string>();
  const idlers = waiters();
  let running = 0;

  const pump = (): void => {
    while (!pauses.paused && running < AT_ONCE) {
      const [name] = waiting;
      if (name === undefined) break;
      waiting.delete(name);
      running += 1;
      void run(name);
    }
  };
  const run = async (name: string): Promise<void> => {
    try {
      await write(items.get(name)!);
      items.delete(name);
      pauses.over();
    } catch (cause) {
      waiting.add(name);
      pauses.begin();
      onFailure(cause);
    }
    running -= 1;
    if (items.size === 0) idlers.wake();
    pump();
  };
  const pauses = growingPauses(pump);
  return {
    get size() {
      return items.size;
    },
    add(item) {
      const name = nameOf(item);
      if (items.has(name)) return 'already';
      if (items.size >= capacity) return 'full';
      items.set(name, item);
      waiting.add(name);
      pump();
      return 'added';
    },
    idle: (ms) => (items.size === 0 ? Promise.resolve() : idlers.wait(ms)),
  };
}
