import { UNAVAILABLE } from './client-errors.js';
import { clientError } from './errors.js';
import { after } from './timer.js';

/**
 * The same answer, or a rejection with UNAVAILABLE after `ms`: somebody else's promise may never settle.
 *
 * @param abort aborted then, so that the work behind the promise may stop
 */
export function withinTime<T>(answer: Promise<T>, ms: number, abort: AbortController): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = after(ms, () => {
      reject(clientError(UNAVAILABLE, { got: `no answer in ${ms} ms` }));
      abort.abort();
    });
    answer.then(resolve, reject).finally(cancel);
  });
}
