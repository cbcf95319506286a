import { PROTOCOL_ERRORS } from './protocol/protocol-errors.js';
import { STICKY_ERRORS } from './sticky/sticky-errors.js';

export { PROTOCOL_ERRORS };

/** One row of an error table: what is wrong, what to do about it, and whether the same call may succeed later. */
export interface ErrorRow {
  readonly what: string;
  readonly do: string;
  readonly retryable: boolean;
}

/** Raised or reported by the client (the package's root entry). */
export const CLIENT_ERRORS = {
  TOKEN_INVALID: {
    what: 'the text is not a decision token',
    do: 'pass the token of a decision, unchanged',
    retryable: false,
  },
  OPTIONS_INVALID: { what: 'the client cannot be made from these options', do: 'correct them', retryable: false },
  NO_SNAPSHOT: {
    what: 'no snapshot has arrived yet',
    do: 'await client.ready() before the first decision, or give a cache or a bootstrap snapshot',
    retryable: true,
  },
  UNIT_REQUIRED: { what: 'the experiment is assigned by unit', do: 'pass { unit } to decide', retryable: false },
  STICKY_STORE_MISSING: {
    what: 'the experiment keeps the arms of units, and the client has no store',
    do: 'give the option sticky: stickyAssignment(store)',
    retryable: false,
  },
  OFFLINE: { what: 'the client has no server to send to', do: 'give url or transport', retryable: false },
  CLIENT_CLOSED: { what: 'the client is closed', do: 'send before close()', retryable: false },
  OUTBOX_FULL: {
    what: 'the outbox is full, the newest events are dropped',
    do: 'check that the server is reachable, or raise outbox.capacity',
    retryable: true,
  },
  EVENTS_EXPIRED: {
    what: 'events waited longer than the server remembers ids',
    do: 'check that the server is reachable',
    retryable: false,
  },
  EVENT_REJECTED: { what: 'the server refused an event', do: 'read its code and correct the call', retryable: false },
  METRIC_REQUIRED: {
    what: 'the experiment names no reward metric, so a bare value has no meaning',
    do: 'name the metric: reward(decision, { purchase: 1 })',
    retryable: false,
  },
  TIME_REQUIRED: {
    what: 'a reward with an id of your own needs a time, by which repeats are recognised',
    do: 'pass { id, time }, with the same time whenever the same reward is sent again',
    retryable: false,
  },
  NOT_LOGGED: {
    what: 'the decision was never sent, so nothing can join it',
    do: 'reward decisions whose reason is not default',
    retryable: false,
  },
  ALREADY_EXPOSED: {
    what: 'the decision counts as exposed since it was made',
    do: 'decide with expose: false and call exposure() when the arm is seen',
    retryable: false,
  },
  DECISION_FAILED: {
    what: 'deciding failed in an unforeseen way',
    do: 'read the cause; the control arm was served',
    retryable: false,
  },
  SNAPSHOT_REFUSED: {
    what: 'the snapshot is broken, the last good one stays',
    do: 'check the versions of server and client',
    retryable: true,
  },
  CATALOGUE_OUTDATED: {
    what: 'the server knows arms that the generated catalogue has not',
    do: 'run `armature types` again',
    retryable: false,
  },
  CACHE_UNUSABLE: {
    what: 'the snapshot cache cannot be used',
    do: 'check its path and rights; the client goes on without it',
    retryable: true,
  },
  LISTENER_FAILED: { what: 'a listener threw', do: 'catch errors inside listeners', retryable: false },
  UNAVAILABLE: { what: 'the server does not answer', do: 'check url and network; it is tried again', retryable: true },
  ACCESS_REFUSED: {
    what: 'the server does not let the API key in',
    do: 'check apiKey, its kind and its origins; it is tried again, slowly',
    retryable: true,
  },
  REQUEST_REFUSED: {
    what: 'the server refuses the request',
    do: 'check the versions of server and client',
    retryable: false,
  },
  RESPONSE_INVALID: {
    what: 'the answer is not what this server should say',
    do: 'check that url leads to an Armature server and not to a proxy page',
    retryable: true,
  },
  STREAM_BROKEN: { what: 'the snapshot stream broke', do: 'nothing: it is opened again', retryable: true },
} as const satisfies { readonly [code: string]: ErrorRow };

export type ClientErrorCode = keyof typeof CLIENT_ERRORS;
export type ProtocolErrorCode = keyof typeof PROTOCOL_ERRORS;
export type ErrorCode = ClientErrorCode | ProtocolErrorCode | keyof typeof STICKY_ERRORS;

/** Every code of this package. Built on use only, so that a bundle of the root entry need not carry it. */
export const ERRORS: typeof CLIENT_ERRORS & typeof PROTOCOL_ERRORS & typeof STICKY_ERRORS = /* @__PURE__ */ (() =>
  Object.freeze({ ...CLIENT_ERRORS, ...PROTOCOL_ERRORS, ...STICKY_ERRORS }))();

/** What one occurrence adds to its row. */
export interface ErrorDetails {
  /** What was met, already rendered and short. Never a secret. */
  readonly got?: string;
  /** Better advice than the row's. */
  readonly todo?: string;
  readonly cause?: unknown;
  readonly retryable?: boolean;
}

const BRAND: unique symbol = Symbol.for('armature.error') as never;

/**
 * The one error class of all packages: callers branch on `code` and `retryable`, people read the message
 * `what, got …, do`.
 *
 * @example
 * new ArmatureError('REQUIRED', { what: 'a field is missing', do: 'add it', retryable: false }, { got: 'nothing' }).message // => 'a field is missing, got nothing, add it'
 */
export class ArmatureError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly retryable: boolean;
  readonly got?: string;
  readonly todo: string;

  constructor(code: Code, row: ErrorRow, details: ErrorDetails = {}) {
    const todo = details.todo ?? row.do;
    const got = details.got === undefined ? '' : `, got ${details.got}`;
    super(`${row.what}${got}, ${todo}`, 'cause' in details ? { cause: details.cause } : undefined);
    this.name = 'ArmatureError';
    this.code = code;
    this.retryable = details.retryable ?? row.retryable;
    if (details.got !== undefined) this.got = details.got;
    this.todo = todo;
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/** An error of the client's table. */
export function clientError<Code extends ClientErrorCode>(code: Code, details?: ErrorDetails): ArmatureError<Code> {
  return new ArmatureError(code, CLIENT_ERRORS[code], details);
}

/** An error of the protocol's table. */
export function protocolError<Code extends ProtocolErrorCode>(code: Code, details?: ErrorDetails): ArmatureError<Code> {
  return new ArmatureError(code, PROTOCOL_ERRORS[code], details);
}

/**
 * Whether a caught value is an ArmatureError, also one made by another copy of this package or in another realm.
 *
 * @example
 * isArmatureError(new Error('no')) // => false
 */
export function isArmatureError(value: unknown): value is ArmatureError {
  return typeof value === 'object' && value !== null && (value as { [BRAND]?: unknown })[BRAND] === true;
}
