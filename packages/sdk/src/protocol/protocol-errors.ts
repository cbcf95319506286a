import type { ErrorRow } from '../errors.js';

/** By itself, because the client reports it and its bundle has no room for the whole table. */
export const UNKNOWN_EXPERIMENT = {
  what: 'no experiment has this name',
  do: 'check the name, and that its file is being served',
  retryable: false,
} as const satisfies ErrorRow;

/** By itself for the same reason. */
export const ID_INVALID = {
  what: 'an id is not acceptable',
  do: 'send a well-formed string of 1 to 128 bytes without control characters',
  retryable: false,
} as const satisfies ErrorRow;

/** Likewise. */
export const UNKNOWN_ARM = {
  what: 'the experiment has no such arm',
  do: 'pass one that it has',
  retryable: false,
} as const satisfies ErrorRow;

/** Raised or reported at the doors of the protocol: files, events, tokens, snapshots. */
export const PROTOCOL_ERRORS = {
  EXPERIMENTS_INVALID: {
    what: 'the experiment files have faults',
    do: 'correct every fault that is listed',
    retryable: false,
  },
  NOT_SUPPORTED_YET: {
    what: 'the experiment asks for something this version validates and does not run',
    do: 'remove the key, or wait for the version that runs it',
    retryable: false,
  },
  NOT_CANONICAL: {
    what: 'the value has no canonical JSON',
    do: 'use null, booleans, finite numbers, well-formed strings, arrays and plain objects',
    retryable: false,
  },
  JSON_EMPTY: { what: 'the body is empty', do: 'send one JSON value', retryable: false },
  JSON_INVALID: { what: 'the body is not JSON', do: 'send one JSON value as RFC 8259 has it', retryable: false },
  JSON_TRAILING: {
    what: 'something follows the JSON value',
    do: 'send one JSON value and nothing after it',
    retryable: false,
  },
  JSON_BOM: { what: 'the body begins with a byte order mark', do: 'send UTF-8 without one', retryable: false },
  JSON_UTF8: { what: 'the body is not valid UTF-8', do: 'send UTF-8', retryable: false },
  JSON_DUPLICATE_KEY: { what: 'an object has the same key twice', do: 'write each key once', retryable: false },
  JSON_FORBIDDEN_KEY: {
    what: 'a key could change the prototype of an object',
    do: 'rename the key',
    retryable: false,
  },
  JSON_TOO_DEEP: { what: 'arrays and objects are nested too deep', do: 'nest less', retryable: false },
  EVENT_INVALID: { what: 'the item is not an event', do: 'send a CloudEvents 1.0 object', retryable: false },
  REQUIRED: { what: 'a field is missing', do: 'add it', retryable: false },
  TYPE_INVALID: { what: 'a field has the wrong type', do: 'send the type that is named', retryable: false },
  UNKNOWN_TYPE: { what: 'no event has this type', do: 'use one of the types that are listed', retryable: false },
  SPECVERSION_INVALID: { what: 'the event is not CloudEvents 1.0', do: 'set specversion to "1.0"', retryable: false },
  ID_INVALID,
  NAME_INVALID: {
    what: 'a name is not acceptable',
    do: 'use 1 to 64 of a-z 0-9 _ . - and begin with a letter or a digit',
    retryable: false,
  },
  TIME_INVALID: {
    what: 'a time is not acceptable',
    do: 'send RFC 3339 in UTC, such as 2026-11-23T05:26:42.123Z',
    retryable: false,
  },
  HASH_INVALID: {
    what: 'a content hash is not acceptable',
    do: 'send sha256: and 64 hexadecimal digits in lower case',
    retryable: false,
  },
  VERSION_INVALID: {
    what: 'a snapshot version is not acceptable',
    do: 'send "epoch.sequence", such as "7.42"',
    retryable: false,
  },
  REASON_INVALID: { what: 'no decision has this reason', do: 'use one that is listed', retryable: false },
  NUMBER_INVALID: { what: 'a number is out of its range', do: 'send a number in the range', retryable: false },
  PROPENSITY_INVALID: {
    what: 'a propensity is not a probability',
    do: 'send the probability that decide returned, in (0, 1]',
    retryable: false,
  },
  TOO_MANY: { what: 'a list or a map has too many entries', do: 'send fewer', retryable: false },
  REWARD_EMPTY: { what: 'a reward has no metric', do: 'name one metric at least', retryable: false },
  REWARD_NOT_NUMBER: {
    what: 'a reward is not a number',
    do: 'send a JSON number: 1 or 0 for yes or no',
    retryable: false,
  },
  REWARD_NOT_FINITE: { what: 'a reward is not finite', do: 'send a finite number', retryable: false },
  REWARD_OUT_OF_RANGE: {
    what: "a reward is outside its metric's range",
    do: 'send a value in the range, or widen the range',
    retryable: false,
  },
  REWARD_TARGET: {
    what: 'a reward does not say what it is for',
    do: 'send a token, an experiment and a decision, or an experiment and a unit',
    retryable: false,
  },
  UNKNOWN_EXPERIMENT,
  UNKNOWN_DEFINITION: {
    what: 'the experiment had no such definition',
    do: 'refresh the snapshot and decide again',
    retryable: false,
  },
  UNKNOWN_ARM,
  UNKNOWN_METRIC: { what: 'the experiment has no such metric', do: 'declare it under metrics', retryable: false },
  TOKEN_UNAUTHENTICATED: {
    what: 'the token is not signed by a key of this server',
    do: 'use a token made with one of its API keys',
    retryable: false,
  },
  TOKEN_EXPIRED: {
    what: "the token's attribution window has passed",
    do: 'send rewards inside the window, or declare a longer one',
    retryable: false,
  },
  SNAPSHOT_INVALID: {
    what: 'the snapshot is not acceptable',
    do: 'keep the last good one and fetch again',
    retryable: true,
  },
} as const satisfies { readonly [code: string]: ErrorRow };
