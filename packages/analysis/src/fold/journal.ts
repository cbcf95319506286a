import type { PartitionState, Trial } from './state.js';
import type { MutableCell } from './statistics.js';

/** What changed in a state since it was written down last. */
export interface Journal {
  /** Trials that opened, changed or closed. */
  trials: Trial[];
  cells: MutableCell[];
  /** What was written since changes were taken last, by part. */
  written: Map<string, Uint8Array[]>;
  /** Parts of trials that are still needed, oldest first. */
  trialParts: TrialPart[];
  /** How often each group of cells was written. */
  readonly cellGroups: number[];
  /** Whether nothing was ever taken: then the changes are the whole state. */
  whole: boolean;
}

/** A stretch of the log of trials. */
export interface TrialPart {
  readonly number: number;
  /** Lines in it. */
  lines: number;
  /** Trials whose last line stands in it. */
  live: number;
}

export function emptyJournal(): Journal {
  return { trials: [], cells: [], written: new Map(), trialParts: [], cellGroups: [], whole: true };
}

/** Notes that a trial is not as it was written. */
export function noteTrial({ journal }: PartitionState, trial: Trial): void {
  if (journal === undefined || trial.changed) return;
  trial.changed = true;
  journal.trials.push(trial);
}

/** Notes that a cell is not as it was written. */
export function noteCell({ journal }: PartitionState, cell: MutableCell): void {
  if (journal === undefined || cell.changed) return;
  cell.changed = true;
  journal.cells.push(cell);
}
