import { EVENT_TYPES, idFault } from '@armature/sdk/protocol';
import { SERVER_ERRORS } from '../errors.js';
import type { IngestError, IngestResult } from './ingest.js';

type Ingest = (items: readonly unknown[]) => Promise<IngestResult>;

/** Everybody holds a browser's key, and a decision says which arm was shown: it would be anybody's word. */
function refusalOf(item: unknown, index: number): IngestError | undefined {
  const { type, id } = (item ?? {}) as { readonly type?: unknown; readonly id?: unknown };
  if (type !== EVENT_TYPES.decision) return undefined;
  return {
    index,
    id: typeof id === 'string' && idFault(id) === undefined ? id : '',
    code: 'FORBIDDEN',
    detail: `${SERVER_ERRORS.FORBIDDEN.what}: a browser key sends rewards and exposures; decide by /v1/decide`,
    retryable: false,
    pointer: '/type',
  };
}

/** Takes a batch from a browser: rewards and exposures go on, each decision is refused. */
export function browserIngest(engine: { readonly ingest: Ingest }): Ingest {
  return async (items) => {
    const refused = items.map(refusalOf);
    const indices = items.flatMap((_, index) => (refused[index] === undefined ? [index] : []));
    if (indices.length === items.length) return engine.ingest(items);
    const result = await engine.ingest(indices.map((index) => items[index]));
    const errors = result.errors.map((error) => ({ ...error, index: indices[error.index] ?? error.index }));
    const all = [...errors, ...refused.filter((error) => error !== undefined)].sort((a, b) => a.index - b.index);
    return { ...result, rejected: all.length, errors: all };
  };
}
