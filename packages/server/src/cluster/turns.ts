/** Runs one thing after the other; what one throws is its caller's alone. */
export type Turns = <T>(run: () => Promise<T>) => Promise<T>;

/** An empty queue of turns. */
export function createTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  return (run) => {
    const mine = last.then(run, run);
    last = mine.catch(() => {});
    return mine;
  };
}
