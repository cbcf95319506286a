/** What of one turn of the event loop goes to large bodies before others get their turn. */
export interface TurnLimits {
  /** How long a turn may take, ms. @default 100 */
  readonly ms: number;
  /** What a turn takes in any case, bytes. @default 4 MiB */
  readonly bytes: number;
}

const LIMITS: TurnLimits = { ms: 100, bytes: 4 * 1024 * 1024 };

/**
 * Early refusal under load. Where more arrives than can be worked off, bodies become ready faster than they are taken:
 * then one turn of the event loop finds ever more of them, all else waits behind, and clients give up on answers that
 * are still being made. So a turn takes bodies until its time is over, and refuses the rest before parsing them.
 *
 * @returns asked for each body that is ready, with its bytes: whether to take it
 */
export function loopTurn(limits: Partial<TurnLimits> = {}, now: () => number = () => performance.now()) {
  const { ms, bytes: least } = { ...LIMITS, ...limits };
  let began: number | undefined;
  let taken = 0;
  const end = (): void => {
    began = undefined;
    taken = 0;
  };
  return (bytes: number): boolean => {
    if (began === undefined) {
      began = now();
      setImmediate(end);
    } else if (taken >= least && now() - began >= ms) return false;
    taken += bytes;
    return true;
  };
}
