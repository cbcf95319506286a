import type { CodedRow } from '../errors.js';

/** Reported by the client of `@armature/sdk/browser`. */
export const BROWSER_ERRORS = {
  NO_DECISION: {
    code: 'NO_DECISION',
    what: 'no decision of this experiment has been made for the page',
    do: 'pass decisions, or await prefetch({ unit }) first',
    retryable: true,
  },
} as const satisfies { readonly [code: string]: CodedRow };
