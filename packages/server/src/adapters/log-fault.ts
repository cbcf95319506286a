import { LogDamage, LogHole } from '@armature/analysis/log';
import { serverError } from '../errors.js';

/** The reader's faults under the server's codes; everything else as it is. */
export function logFault(cause: unknown): unknown {
  if (cause instanceof LogDamage) {
    return serverError('LOG_DAMAGED', { got: `${cause.segment} at byte ${cause.byte}`, cause });
  }
  if (cause instanceof LogHole) {
    const got = `${cause.segment}, which begins at ${cause.found}, not ${cause.expected}`;
    return serverError('DATA_HOLE', { got, cause });
  }
  return cause;
}
