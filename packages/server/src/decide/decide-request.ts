import { type Context, idFault, nameFault } from '@armature/sdk/protocol';
import { serverError } from '../errors.js';
import { type ProblemItem, RequestFault } from '../problem.js';

/** What is decided, and for whom. */
export interface DecideRequest {
  /** Names of experiments; all in force when absent. */
  readonly experiments?: readonly string[];
  readonly unit?: string;
  readonly requestId?: string;
  readonly context?: Context;
  /** False: the decisions count once their exposure is told. True by default. */
  readonly expose?: boolean;
}

const KEYS = ['experiments', 'unit', 'requestId', 'context', 'expose'];
const MAX_EXPERIMENTS = 100;
const MAX_ATTRIBUTES = 64;

/** Faults that are told at most: a body of a megabyte holds a hundred thousand. */
const MAX_FAULTS = 32;

/** A member of an object as a JSON pointer (RFC 6901). */
const pointerTo = (key: string): string => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;

type Fields = { readonly [key: string]: unknown };
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Reads the body of `POST /v1/decide`.
 *
 * @throws RequestFault 400 with a pointer to each fault
 */
export function parseDecideRequest(body: unknown): DecideRequest {
  if (body === undefined) throw serverError('CONTENT_TYPE', { got: 'no body' });
  if (!isFields(body)) {
    throw new RequestFault(400, 'REQUEST_INVALID', 'the body is no request', 'the body is not an object');
  }
  const faults: ProblemItem[] = [];
  const { experiments, unit, requestId, context, expose } = body;
  for (const key of Object.keys(body)) {
    if (KEYS.includes(key)) continue;
    faults.push({ pointer: pointerTo(key), code: 'REQUEST_INVALID', detail: `unknown key; known: ${KEYS.join(', ')}` });
  }
  faults.push(...nameFaults(experiments));
  for (const [key, value] of Object.entries({ unit, requestId })) {
    const wrong = value === undefined ? undefined : idFault(value);
    if (wrong !== undefined) faults.push({ pointer: `/${key}`, code: 'ID_INVALID', detail: `${key} ${wrong}` });
  }
  if (context !== undefined) faults.push(...contextFaults(context));
  if (expose !== undefined && typeof expose !== 'boolean') {
    faults.push({ pointer: '/expose', code: 'TYPE_INVALID', detail: 'expose is not a boolean' });
  }
  const [first] = faults;
  if (first !== undefined) {
    throw new RequestFault(400, first.code, 'the request is not acceptable', first.detail, faults.slice(0, MAX_FAULTS));
  }
  return body as DecideRequest;
}

function nameFaults(experiments: unknown): readonly ProblemItem[] {
  if (experiments === undefined) return [];
  const pointer = '/experiments';
  if (!Array.isArray(experiments)) {
    return [{ pointer, code: 'TYPE_INVALID', detail: 'experiments is not an array of names' }];
  }
  if (experiments.length > MAX_EXPERIMENTS) {
    return [{ pointer, code: 'TOO_MANY', detail: `experiments has more than ${MAX_EXPERIMENTS} names` }];
  }
  return experiments.flatMap((name, index) => {
    const wrong = nameFault(name);
    return wrong === undefined
      ? []
      : [{ pointer: `${pointer}/${index}`, code: 'NAME_INVALID', detail: `the name ${wrong}` }];
  });
}

function contextFaults(context: unknown): readonly ProblemItem[] {
  const pointer = '/context';
  if (!isFields(context)) return [{ pointer, code: 'TYPE_INVALID', detail: 'context is not an object' }];
  const entries = Object.entries(context);
  if (entries.length > MAX_ATTRIBUTES) {
    return [{ pointer, code: 'TOO_MANY', detail: `context has more than ${MAX_ATTRIBUTES} attributes` }];
  }
  return entries.flatMap(([key, value]) => {
    const finite = typeof value === 'number' ? Number.isFinite(value) : ['string', 'boolean'].includes(typeof value);
    if (finite) return [];
    const detail = `${key} is not a string, a finite number or a boolean`;
    return [{ pointer: `${pointer}${pointerTo(key)}`, code: 'TYPE_INVALID', detail }];
  });
}
