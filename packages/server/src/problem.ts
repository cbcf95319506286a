import { isArmatureError } from '@armature/sdk';
import { serverError } from './errors.js';

/** One fault inside a request. */
export interface ProblemItem {
  readonly pointer: string;
  readonly code: string;
  readonly detail: string;
}

/** The body of every answer that is not 2xx (RFC 9457). */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly retryable: boolean;
  readonly requestId: string;
  readonly errors?: readonly ProblemItem[];
}

/** What a handler throws to be answered with a problem. */
export class RequestFault extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly title: string,
    detail: string,
    readonly errors: readonly ProblemItem[] = [],
  ) {
    super(detail);
  }
}

const STATUS: { readonly [code: string]: number } = {
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  ORIGIN_FORBIDDEN: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  BODY_TOO_LARGE: 413,
  TOO_MANY_ITEMS: 413,
  CONTENT_TYPE: 415,
  CONTENT_ENCODING: 415,
  HOST_FORBIDDEN: 421,
  OVERLOADED: 429,
  RATE_LIMITED: 429,
  TOO_MANY_STREAMS: 429,
  REQUEST_INVALID: 400,
  LOG_UNAVAILABLE: 503,
  WRITE_UNCERTAIN: 503,
  DISK_FULL: 503,
  CLOSED: 503,
  STREAMS_FULL: 503,
};

/** Fastify's own errors, in our words. */
const FRAMEWORK: { readonly [code: string]: Parameters<typeof serverError>[0] } = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'BODY_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'CONTENT_TYPE',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'REQUEST_INVALID',
  FST_ERR_CTP_EMPTY_TYPE: 'CONTENT_TYPE',
  FST_ERR_BAD_URL: 'REQUEST_INVALID',
  FST_ERR_ASYNC_CONSTRAINT: 'REQUEST_INVALID',
};

/** The problem that a caught value is answered with. What went wrong inside stays inside. */
export function problemOf(cause: unknown, requestId: string): Problem {
  const type = (code: string): string => `urn:armature:error:${code.toLowerCase().replaceAll('_', '-')}`;
  if (cause instanceof RequestFault) {
    const { status, code, title, message: detail, errors } = cause;
    const listed = errors.length === 0 ? {} : { errors };
    return { type: type(code), title, status, code, detail, retryable: false, requestId, ...listed };
  }
  const framework = FRAMEWORK[(cause as { code?: unknown } | undefined)?.code as string];
  const error = isArmatureError(cause) ? cause : serverError(framework ?? 'INTERNAL');
  const status = STATUS[error.code] ?? 500;
  const known = status === 500 ? serverError('INTERNAL') : error;
  const { code, message: detail, retryable } = known;
  return { type: type(code), title: detail.split(', ')[0] ?? code, status, code, detail, retryable, requestId };
}
