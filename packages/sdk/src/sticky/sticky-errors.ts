/** Reported by a sticky assignment, beside the client's own. */
export const STICKY_ERRORS = {
  STICKY_NOT_LOADED: {
    what: 'the arms kept of a unit were not loaded, so that it was drawn',
    do: 'await client.prefetch(unit) before decide, and check the store where you do',
    retryable: true,
  },
  STICKY_STORE_FAILED: {
    what: 'the store of sticky arms failed',
    do: 'check it: arms are drawn, and kept once it answers',
    retryable: true,
  },
} as const;
