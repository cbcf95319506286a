import { BROWSER_ERRORS } from './browser/browser-errors.js';
import * as CLIENT_ERRORS from './client-errors.js';
import { PROTOCOL_ERRORS } from './protocol/protocol-errors.js';
import { STICKY_ERRORS } from './sticky/sticky-errors.js';

export { PROTOCOL_ERRORS };

/** One row of an error table: what is wrong, what to do about it, and whether the same call may succeed later. */
export interface ErrorRow {
  readonly what: string;
  readonly do: string;
  readonly retryable: boolean;
}

/** A row that knows its code. */
export interface CodedRow extends ErrorRow {
  readonly code: string;
}

/** Raised or reported by the client (the package's root entry). */
export * as CLIENT_ERRORS from './client-errors.js';

export type ClientErrorCode = keyof typeof CLIENT_ERRORS;
export type ProtocolErrorCode = keyof typeof PROTOCOL_ERRORS;
export type ErrorCode = ClientErrorCode | ProtocolErrorCode | keyof typeof STICKY_ERRORS | keyof typeof BROWSER_ERRORS;

/** Every code of this package. Built on use only, so that a bundle of the root entry need not carry it. */
export const ERRORS: typeof CLIENT_ERRORS & typeof PROTOCOL_ERRORS & typeof STICKY_ERRORS & typeof BROWSER_ERRORS =
  /* @__PURE__ */ (() =>
    Object.freeze({ ...CLIENT_ERRORS, ...PROTOCOL_ERRORS, ...STICKY_ERRORS, ...BROWSER_ERRORS }))();

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

/** An error of a row that knows its code. */
export function clientError<Row extends CodedRow>(row: Row, details?: ErrorDetails): ArmatureError<Row['code']> {
  return new ArmatureError(row.code, row, details);
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
