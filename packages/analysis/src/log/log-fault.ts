import { basename, dirname, join } from 'node:path';

/** Bytes in the middle of a log fail their check: nothing behind them may be read as if they were not there. */
export class LogDamage extends Error {
  readonly code = 'LOG_DAMAGED';
  constructor(
    readonly segment: string,
    readonly byte: number,
  ) {
    const name = join(basename(dirname(segment)), basename(segment));
    super(`LOG_DAMAGED: ${name} fails its check at byte ${byte}; restore the file from a copy`);
  }
}

/** The log has a hole: a segment does not begin where the one before it ended. */
export class LogHole extends Error {
  readonly code = 'DATA_HOLE';
  constructor(
    readonly segment: string,
    readonly expected: number,
    readonly found: number,
  ) {
    super(
      `DATA_HOLE: records ${expected} to ${found - 1} are missing before ${basename(segment)}; restore the file from a copy`,
    );
  }
}
