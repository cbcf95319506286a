/** What the estimators refuse. A result that the data cannot give is no error: it is null with a reason. */
export const ANALYSIS_ERRORS = {
  ROW_WISE_REFUSED: {
    what: 'row-wise importance weighting of decisions that were not randomised one by one',
    do: 'analyse trials (one per randomisation unit) from the statistics of the fold',
    retryable: false,
  },
  IMPORT_INVALID: {
    what: 'the imported log has a line that cannot be read',
    do: 'correct the line or the header',
    retryable: false,
  },
  LOG_MISSING: {
    what: 'the folder holds no log',
    do: 'name the data directory of a server, such as .armature',
    retryable: false,
  },
  LOG_SHORTER: {
    what: 'the log has lost records',
    do: 'restore the whole directory from one copy: a report on what is left would be wrong',
    retryable: false,
  },
  LOG_OTHER: {
    what: 'the folder holds parts of different logs',
    do: 'restore the whole directory from one copy',
    retryable: false,
  },
  STATE_OUTDATED: {
    what: 'what was kept of deleted records was written by another version of the fold',
    do: 'use the version that wrote it, or begin a new data directory: the records that it was made from are gone',
    retryable: false,
  },
  LOG_SHORTENED: {
    what: 'the server deleted old segments while the log was read',
    do: 'run it again',
    retryable: true,
  },
  RECORDS_DELETED: {
    what: 'the log no longer has all its records, and this needs each of them',
    do: 'use the report from running statistics, which counts them all',
    retryable: false,
  },
  NOT_IN_LOG: {
    what: 'the log has no experiment of this name',
    do: 'name one that it has',
    retryable: false,
  },
  LEVEL_INVALID: {
    what: 'the coverage of intervals does not lie between 0 and 1',
    do: 'give a level such as 0.95',
    retryable: false,
  },
  WINDOW_EMPTY: {
    what: 'no decision lies between the two times',
    do: 'give times inside the log, in UTC',
    retryable: false,
  },
} as const;

export type AnalysisErrorCode = keyof typeof ANALYSIS_ERRORS;

/** An error of this package: branch on `code`, not on the text. */
export class AnalysisError extends Error {
  readonly code: AnalysisErrorCode;
  readonly got: string;
  readonly todo: string;
  readonly retryable: boolean;

  constructor(code: AnalysisErrorCode, got: string) {
    const row = ANALYSIS_ERRORS[code];
    super(`${code}: ${row.what}, got ${got}; ${row.do}`);
    this.name = 'AnalysisError';
    this.code = code;
    this.got = got;
    this.todo = row.do;
    this.retryable = row.retryable;
  }
}
