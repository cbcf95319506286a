import { ArmatureError } from '@armature/sdk';
import { CLUSTER_ERRORS } from './cluster/cluster-errors.js';
import { PROVISION_ERRORS } from './provision/provision-errors.js';

type ErrorRow = ConstructorParameters<typeof ArmatureError>[1];
type ErrorDetails = NonNullable<ConstructorParameters<typeof ArmatureError>[2]>;

/** Raised or reported by the server. */
export const SERVER_ERRORS = {
  EXPERIMENTS_MISSING: {
    what: 'the experiments directory cannot be read',
    do: 'give a directory with files such as checkout.yaml',
    retryable: false,
  },
  DATA_DIR_LOCKED: {
    what: 'another process holds the data directory',
    do: 'stop that process, or use another directory',
    retryable: false,
  },
  DATA_DIR_INVALID: {
    what: 'the data directory is not usable',
    do: 'give a directory that this process may write to',
    retryable: false,
  },
  PARTITIONS_FROZEN: {
    what: 'the number of partitions was fixed when the log was made',
    do: 'start with that number, or with another data directory',
    retryable: false,
  },
  RETENTION_INVALID: {
    what: 'the log cannot be kept for so short a time',
    do: 'keep at least six hours, for which ids are remembered',
    retryable: false,
  },
  LOG_DAMAGED: {
    what: 'bytes in the middle of the log fail their check',
    do: 'restore the segment from a copy; without one, see what `armature log repair` would give up',
    retryable: false,
  },
  DATA_HOLE: { what: 'records are missing from the log', do: 'restore the segment from a copy', retryable: false },
  LOG_MISMATCH: {
    what: 'what was kept belongs to another log, or the log has lost records',
    do: 'restore the whole directory from one copy; a checkpoint may be deleted and is rebuilt',
    retryable: false,
  },
  REPAIR_REFUSED: {
    what: 'no repair makes this log whole',
    do: 'restore what is named from a copy',
    retryable: false,
  },
  LOG_AHEAD: {
    what: 'log time is ahead of the clock: a clock was wrong when the log was written, or is now',
    do: 'set the clock right; windows close again when it has caught up, and once it is six hours behind events are refused: then wait, or start with another data directory',
    retryable: true,
  },
  LOG_UNAVAILABLE: {
    what: 'the log takes nothing',
    do: 'restart the server once its disk is well; send the events again',
    retryable: true,
  },
  WRITE_UNCERTAIN: {
    what: 'the log failed while this was written: it may be in it or not',
    do: 'send it again under the same id or requestId once the server is back: it counts once',
    retryable: true,
  },
  ...CLUSTER_ERRORS,
  ...PROVISION_ERRORS,
  DISK_FULL: { what: 'the disk of the log is full', do: 'free some space; send the events again', retryable: true },
  CLOSED: { what: 'the server is closing', do: 'send the events again to the next one', retryable: true },
  OVERLOADED: {
    what: 'more events have come than the server can work off',
    do: 'send them again later, after the time in Retry-After',
    retryable: true,
  },
  UNAUTHORIZED: {
    what: 'the request carries no API key of this server',
    do: 'send Authorization: Bearer and a key',
    retryable: false,
  },
  FORBIDDEN: {
    what: 'a key of this kind may not do that',
    do: 'use a key of a kind that may: see the table of kinds in docs/operations.md',
    retryable: false,
  },
  ORIGIN_FORBIDDEN: {
    what: 'pages of this origin may not call the server',
    do: "name the origin when the browser key is made; a server without keys answers this machine's own pages only",
    retryable: false,
  },
  HOST_FORBIDDEN: {
    what: 'a server without API keys answers under names of this machine only',
    do: 'call it as localhost or 127.0.0.1, or make API keys',
    retryable: false,
  },
  METHOD_NOT_ALLOWED: {
    what: 'the route does not have this method',
    do: 'use one of those in the Allow header',
    retryable: false,
  },
  RATE_LIMITED: {
    what: 'the key has sent too many requests in this second',
    do: 'send the request again after the time in Retry-After; put events into batches',
    retryable: true,
  },
  TOO_MANY_STREAMS: {
    what: 'the key holds as many streams as one key may',
    do: 'close some, poll /v1/snapshot, or raise --streams-per-key',
    retryable: true,
  },
  STREAMS_FULL: {
    what: 'the server holds as many streams as it takes',
    do: 'poll /v1/snapshot, or raise --streams',
    retryable: true,
  },
  KEY_INVALID: {
    what: 'such a key is not made',
    do: 'see `armature keys create --help`',
    retryable: false,
  },
  KEY_UNKNOWN: {
    what: 'there is no key with this id',
    do: 'see `armature keys list`',
    retryable: false,
  },
  KEY_FILE_INVALID: {
    what: 'the file of API keys cannot be read',
    do: 'check its rights, or restore it from a copy; without the file all keys in it are refused',
    retryable: false,
  },
  KEY_FILE_LOCKED: {
    what: 'another process is changing the API keys',
    do: 'try again in a moment',
    retryable: true,
  },
  LOOPBACK_ONLY: {
    what: 'without API keys the server listens on the loopback interface only',
    do: 'make API keys with `armature keys create` or give ARMATURE_API_KEYS, or listen on 127.0.0.1',
    retryable: false,
  },
  NOT_FOUND: { what: 'there is no such route', do: 'see /openapi.json for the routes', retryable: false },
  BODY_TOO_LARGE: { what: 'the body is too large', do: 'send at most 1 MiB', retryable: false },
  TOO_MANY_ITEMS: { what: 'the batch has too many events', do: 'send at most 1000', retryable: false },
  CONTENT_TYPE: {
    what: 'the body has an unknown content type',
    do: 'send application/cloudevents-batch+json, application/cloudevents+json or application/json, in UTF-8',
    retryable: false,
  },
  CONTENT_ENCODING: {
    what: 'the body is encoded',
    do: 'send it as it is, without Content-Encoding',
    retryable: false,
  },
  REQUEST_INVALID: { what: 'the request is not acceptable', do: 'see /openapi.json', retryable: false },
  INTERNAL: {
    what: 'the server failed to answer',
    do: 'send the request again; tell its operator the request id',
    retryable: true,
  },
  EVENT_TOO_OLD: {
    what: 'the event is older than the log remembers ids',
    do: 'send events within six hours',
    retryable: false,
  },
  UNKNOWN_SNAPSHOT: {
    what: 'the experiment had no such version',
    do: 'send the version that the decision was drawn from',
    retryable: false,
  },
  UNKNOWN_RULE: {
    what: 'the version draws by no such rule',
    do: 'send the rule of the decision, or its own vector',
    retryable: false,
  },
  OUTER_MISMATCH: {
    what: "the probability of holdout, layer and traffic is not the definition's",
    do: 'send the outer that decide returned, unchanged; a client that knows no such stages has to be updated',
    retryable: false,
  },
  PROPENSITY_MISMATCH: {
    what: "the propensity is not the version's",
    do: 'send the probability that decide returned, unchanged',
    retryable: false,
  },
  REASON_MISMATCH: {
    what: 'the experiment keeps no arms, so none of its decisions is sticky',
    do: 'send the reason that decide returned, unchanged',
    retryable: false,
  },
  PERIOD_MISMATCH: {
    what: "the period is not the version's",
    do: 'send the period of the snapshot that was drawn from',
    retryable: false,
  },
  EXPERIMENT_ENDED: {
    what: 'the experiment has ended',
    do: 'refresh the snapshot; rewards are taken until the last window has closed',
    retryable: false,
  },
} as const satisfies { readonly [code: string]: ErrorRow };

export type ServerErrorCode = keyof typeof SERVER_ERRORS;

/** An error of the server's table. */
export function serverError<Code extends ServerErrorCode>(code: Code, details?: ErrorDetails): ArmatureError<Code> {
  return new ArmatureError(code, SERVER_ERRORS[code], details);
}
