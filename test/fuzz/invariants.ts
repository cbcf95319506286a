import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Broken, isCoded, type Target } from './target.js';

/** CPU time that one input may cost, µs. */
export const CPU_LIMIT = 100_000;
/** Heap that may be left over at the end, bytes. */
export const HEAP_LIMIT = 8 * 1024 * 1024;

const PROTOTYPES = [Object, Array, String, Number, Boolean, Function, Map, Set, Promise, RegExp, Error, Date].map(
  (builtIn) => builtIn.prototype as object,
);

/** Every property of the prototypes that all code shares, with its value. */
function fingerprint(): readonly unknown[] {
  return PROTOTYPES.flatMap((prototype) =>
    Reflect.ownKeys(prototype).flatMap((key) => {
      const { value, get, set } = Object.getOwnPropertyDescriptor(prototype, key) ?? {};
      return [key, value, get, set];
    }),
  );
}

const FINGERPRINT = fingerprint();
const KEYS = PROTOTYPES.map((prototype) => new Set(Reflect.ownKeys(prototype)));

/** Whether no prototype has another number of properties: cheap enough for every case. */
export const countsHold = (): boolean =>
  PROTOTYPES.every((prototype, i) => Reflect.ownKeys(prototype).length === KEYS[i]?.size);

/** Whether every property of every prototype is what it was at the start. */
export function prototypesHold(): boolean {
  const now = fingerprint();
  return now.length === FINGERPRINT.length && now.every((part, i) => Object.is(part, FINGERPRINT[i]));
}

/** Takes away what was put onto prototypes, so that the next case is judged by itself. */
export function restorePrototypes(): void {
  PROTOTYPES.forEach((prototype, i) => {
    for (const key of Reflect.ownKeys(prototype)) if (!KEYS[i]?.has(key)) Reflect.deleteProperty(prototype, key);
  });
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes of the heap that are in use after a collection. */
export function heapInUse(): number {
  for (let i = 0; i < 3; i += 1) collect();
  return getHeapStatistics().used_heap_size;
}

/** CPU time of this process so far, µs. */
export function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** Gives one input to a target and says what of the rest does not hold. */
export async function faultOf(target: Target, input: Buffer): Promise<Broken | undefined> {
  const start = cpuTime();
  let fault: Broken | undefined;
  try {
    await target.run(input);
  } catch (cause) {
    if (cause instanceof Broken) fault = cause;
    else if (!isCoded(cause)) fault = new Broken('crash', String((cause as Error | undefined)?.stack ?? cause));
  }
  if (fault === undefined && !countsHold()) fault = new Broken('prototype', 'a prototype has another property');
  if (fault === undefined && cpuTime() - start > CPU_LIMIT) return hangOf(target, input);
  return fault;
}

/** A case is slow when it is so three times in a row: once may be the compiler, or the collector. */
async function hangOf(target: Target, input: Buffer): Promise<Broken | undefined> {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 3; i += 1) {
    const start = cpuTime();
    await Promise.resolve(target.run(input)).catch(() => undefined);
    least = Math.min(least, cpuTime() - start);
  }
  return least > CPU_LIMIT ? new Broken('hang', `${Math.round(least / 1000)} ms of CPU`) : undefined;
}
