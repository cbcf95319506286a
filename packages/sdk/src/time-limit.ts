import { UNAVAILABLE } from './client-errors.js';
import { clientError } from './errors.js';
import { after } from './timer.js';

/**
 * The same answer, or a rejection with UNAVAILABLE after `ms`: somebody else's promise may never settle.
 *
 * @param abort aborted then, so that the work behind the promise may stop
 * @param hold keeps a Node process alive until then: for what somebody awaits. @default false
 */
export function withinTime<T>(answer: Promise<T>, ms: number, abort: AbortController, hold = false): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = after(
      ms,
      () => {
        reject(clientError(UNAVAILABLE, { got: `no answer in ${ms} ms` }));
        abort.abort();
      },
      hold,
    );
    answer.then(resolve, reject).finally(cancel);
  });
}
