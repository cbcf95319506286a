/**
 * What the client reports (the root entry, and that of pages): each row by itself, so that a bundle carries those that it
 * may raise. Those that a receipt or a decision only names are in no bundle.
 */
import type { CodedRow } from './errors.js';

export const TOKEN_INVALID = {
  code: 'TOKEN_INVALID',
  what: 'the text is not a decision token',
  do: 'pass the token of a decision, unchanged',
  retryable: false,
} as const satisfies CodedRow;

export const OPTIONS_INVALID = {
  code: 'OPTIONS_INVALID',
  what: 'the client cannot be made from these options',
  do: 'correct them',
  retryable: false,
} as const satisfies CodedRow;

export const NO_SNAPSHOT = {
  code: 'NO_SNAPSHOT',
  what: 'no snapshot has arrived yet',
  do: 'await client.ready() before the first decision, or give a cache or a bootstrap snapshot',
  retryable: true,
} as const satisfies CodedRow;

export const UNIT_REQUIRED = {
  code: 'UNIT_REQUIRED',
  what: 'the experiment is assigned by unit',
  do: 'pass { unit } to decide',
  retryable: false,
} as const satisfies CodedRow;

export const STICKY_STORE_MISSING = {
  code: 'STICKY_STORE_MISSING',
  what: 'the experiment keeps the arms of units, and the client has no store',
  do: 'give the option sticky: stickyAssignment(store)',
  retryable: false,
} as const satisfies CodedRow;

export const OFFLINE = {
  code: 'OFFLINE',
  what: 'the client has no server to send to',
  do: 'give url or transport',
  retryable: false,
} as const satisfies CodedRow;

export const CLIENT_CLOSED = {
  code: 'CLIENT_CLOSED',
  what: 'the client is closed',
  do: 'send before close()',
  retryable: false,
} as const satisfies CodedRow;

export const OUTBOX_FULL = {
  code: 'OUTBOX_FULL',
  what: 'the outbox is full, the newest events are dropped',
  do: 'check that the server is reachable, or raise outbox.capacity',
  retryable: true,
} as const satisfies CodedRow;

export const EVENTS_EXPIRED = {
  code: 'EVENTS_EXPIRED',
  what: 'events waited longer than the server remembers ids',
  do: 'check that the server is reachable',
  retryable: false,
} as const satisfies CodedRow;

export const EVENT_REJECTED = {
  code: 'EVENT_REJECTED',
  what: 'the server refused an event',
  do: 'read its code and correct the call',
  retryable: false,
} as const satisfies CodedRow;

export const METRIC_REQUIRED = {
  code: 'METRIC_REQUIRED',
  what: 'the experiment names no reward metric, so a bare value has no meaning',
  do: 'name the metric: reward(decision, { purchase: 1 })',
  retryable: false,
} as const satisfies CodedRow;

export const TIME_REQUIRED = {
  code: 'TIME_REQUIRED',
  what: 'a reward with an id of your own needs a time, by which repeats are recognised',
  do: 'pass { id, time }, with the same time whenever the same reward is sent again',
  retryable: false,
} as const satisfies CodedRow;

export const NOT_LOGGED = {
  code: 'NOT_LOGGED',
  what: 'the decision was never sent, so nothing can join it',
  do: 'reward decisions whose reason is not default',
  retryable: false,
} as const satisfies CodedRow;

export const ALREADY_EXPOSED = {
  code: 'ALREADY_EXPOSED',
  what: 'the decision counts as exposed since it was made',
  do: 'decide with expose: false and call exposure() when the arm is seen',
  retryable: false,
} as const satisfies CodedRow;

export const DECISION_FAILED = {
  code: 'DECISION_FAILED',
  what: 'deciding failed in an unforeseen way',
  do: 'read the cause; the control arm was served',
  retryable: false,
} as const satisfies CodedRow;

export const SNAPSHOT_REFUSED = {
  code: 'SNAPSHOT_REFUSED',
  what: 'the snapshot is broken, the last good one stays',
  do: 'check the versions of server and client',
  retryable: true,
} as const satisfies CodedRow;

export const CATALOGUE_OUTDATED = {
  code: 'CATALOGUE_OUTDATED',
  what: 'the server knows arms that the generated catalogue has not',
  do: 'run `armature types` again',
  retryable: false,
} as const satisfies CodedRow;

export const CACHE_UNUSABLE = {
  code: 'CACHE_UNUSABLE',
  what: 'the snapshot cache cannot be used',
  do: 'check its path and rights; the client goes on without it',
  retryable: true,
} as const satisfies CodedRow;

export const LISTENER_FAILED = {
  code: 'LISTENER_FAILED',
  what: 'a listener threw',
  do: 'catch errors inside listeners',
  retryable: false,
} as const satisfies CodedRow;

export const UNAVAILABLE = {
  code: 'UNAVAILABLE',
  what: 'the server does not answer',
  do: 'check url and network; it is tried again',
  retryable: true,
} as const satisfies CodedRow;

export const ACCESS_REFUSED = {
  code: 'ACCESS_REFUSED',
  what: 'the server does not let the API key in',
  do: 'check apiKey, its kind and its origins; it is tried again, slowly',
  retryable: true,
} as const satisfies CodedRow;

export const REQUEST_REFUSED = {
  code: 'REQUEST_REFUSED',
  what: 'the server refuses the request',
  do: 'check the versions of server and client',
  retryable: false,
} as const satisfies CodedRow;

export const RESPONSE_INVALID = {
  code: 'RESPONSE_INVALID',
  what: 'the answer is not what this server should say',
  do: 'check that url leads to an Armature server and not to a proxy page',
  retryable: true,
} as const satisfies CodedRow;

export const STREAM_BROKEN = {
  code: 'STREAM_BROKEN',
  what: 'the snapshot stream broke',
  do: 'nothing: it is opened again',
  retryable: true,
} as const satisfies CodedRow;
