import { jsonSchemas } from '@armature/sdk/protocol';

type Schema = { readonly [keyword: string]: unknown };

const string: Schema = { type: 'string' };
const number: Schema = { type: 'number' };
const boolean: Schema = { type: 'boolean' };
const integer: Schema = { type: 'integer' };
const object = (
  properties: Schema,
  required: readonly string[] = Object.keys(properties),
  more: Schema = {},
): Schema => ({
  type: 'object',
  properties,
  required,
  ...more,
});
const list = (items: Schema, more: Schema = {}): Schema => ({ type: 'array', items, ...more });

/** OpenAPI 3.1 takes JSON Schema as it is, but for the dialect, which the document names once. */
function embedded(schema: Schema): Schema {
  const { $schema: _dialect, ...rest } = schema;
  return rest;
}

const schemas = jsonSchemas();
const event = embedded(schemas.event);

const itemError = object(
  { index: integer, id: string, code: string, detail: string, retryable: boolean, pointer: string },
  ['index', 'id', 'code', 'detail', 'retryable'],
);
const problem = object(
  {
    type: string,
    title: string,
    status: integer,
    code: string,
    detail: string,
    retryable: boolean,
    requestId: string,
    errors: list(object({ pointer: string, code: string, detail: string })),
  },
  ['type', 'title', 'status', 'code', 'detail', 'retryable', 'requestId'],
);

const json = (description: string, schema: Schema): Schema => ({
  description,
  content: { 'application/json': { schema } },
});
const refusal = (description: string): Schema => ({
  description,
  content: { 'application/problem+json': { schema: problem } },
});
/** Who may call a route on a server that needs keys, as its routes say with `access`. */
export const SECURITY_SCHEMES = {
  apiKey: {
    type: 'http',
    scheme: 'bearer',
    description: 'An API key, where the server needs one: see docs/operations.md for what each kind may call.',
  },
} as const;

/** What every route may answer. */
const always = {
  400: refusal('The request is not acceptable.'),
  403: refusal('The key is of another kind, or pages of this origin may not call.'),
  421: refusal('A server without keys was called under a name that is not of its machine.'),
  500: refusal('The server failed to answer.'),
};
const refusals = {
  ...always,
  401: refusal('The request carries no API key of this server.'),
  429: refusal('The key has sent too many requests. Send it again after Retry-After.'),
  503: refusal('The server is closing. Send it again after Retry-After.'),
};
const keyed = { security: [{ apiKey: [] }] };
const open = { security: [] };
const bodyRefusals = {
  400: refusal('The body is not acceptable.'),
  413: refusal('The body or the batch is too large.'),
  415: refusal('The body has another content type or an encoding.'),
  429: refusal('Send it again after Retry-After: nothing of it may be assumed.'),
  503: refusal('Send it again after Retry-After: nothing of it may be assumed.'),
};
/** 1 to 128 bytes. */
const id: Schema = { type: 'string', minLength: 1, maxLength: 128 };

export const eventsSchema = {
  ...keyed,
  summary: 'Takes decisions, rewards and exposures, durably',
  description: 'Every index that is not in `errors` is durable, or was already. Ids make sending again safe.',
  body: {
    content: {
      'application/cloudevents+json': { schema: event },
      'application/cloudevents-batch+json': { schema: list(event, { maxItems: 1000 }) },
      'application/json': { schema: { anyOf: [event, list(event, { maxItems: 1000 })] } },
    },
  },
  response: {
    200: json('The fate of each item.', object({ accepted: integer, rejected: integer, errors: list(itemError) })),
    ...refusals,
    ...bodyRefusals,
  },
};

const decision = object(
  {
    experiment: string,
    arm: string,
    value: {},
    propensity: number,
    propensities: { type: 'object', additionalProperties: number },
    reason: string,
    randomised: boolean,
    id: string,
    token: string,
    exposed: boolean,
    error: string,
  },
  ['experiment', 'arm', 'propensity', 'reason', 'randomised', 'id', 'token'],
);

export const decideSchema = {
  ...keyed,
  summary: 'Decides, and logs the decisions before it answers',
  body: {
    content: {
      'application/json': {
        schema: object(
          {
            experiments: list(string, { maxItems: 100 }),
            unit: id,
            requestId: id,
            context: { type: 'object', additionalProperties: { type: ['string', 'number', 'boolean'] } },
            expose: boolean,
          },
          [],
          { additionalProperties: false },
        ),
      },
    },
  },
  response: {
    200: json('The decisions.', object({ snapshot: string, decisions: list(decision) })),
    ...refusals,
    ...bodyRefusals,
    422: refusal('The request names something that does not exist.'),
  },
};

export const snapshotSchema = {
  ...keyed,
  summary: 'The snapshot that clients draw from',
  headers: object({ 'if-none-match': string }, []),
  response: {
    200: json('The snapshot; its version is the ETag.', embedded(schemas.snapshot)),
    304: { description: 'The snapshot named by If-None-Match is current.' },
    ...refusals,
  },
};

export const streamSchema = {
  ...keyed,
  summary: 'Snapshots as server-sent events',
  description:
    'Events `snapshot` (the whole body, up to 64 kB) and `changed` (fetch it with the ETag), `id` being the version.',
  headers: object({ 'last-event-id': string }, []),
  response: {
    200: { description: 'The stream.', content: { 'text/event-stream': { schema: string } } },
    ...refusals,
  },
};

export const healthSchema = {
  ...open,
  summary: 'Whether the process answers',
  response: { 200: json('It does.', object({ status: string })), ...always },
};

const ready = object(
  {
    status: string,
    snapshot: string,
    experiments: object({ code: string, detail: string }, ['code']),
    log: object({ code: string, detail: string }, ['code']),
    versions: list(object({ code: string, experiment: string, detail: string }, ['code'])),
  },
  ['status', 'snapshot'],
);
export const readySchema = {
  ...open,
  summary: 'Whether the server takes events and serves a snapshot',
  response: { 200: json('It does.', ready), ...always, 503: json('It does not.', ready) },
};

export const metricsSchema = {
  ...keyed,
  summary: 'Figures for Prometheus',
  response: { 200: { description: 'Text exposition.', content: { 'text/plain': { schema: string } } }, ...refusals },
};

export const openapiSchema = {
  ...open,
  summary: 'This document',
  response: { 200: json('OpenAPI 3.1.', { type: 'object' }), ...always, 429: refusals[429] },
};
