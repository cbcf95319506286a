import { isCurrentState } from '@armature/analysis/fold';

/** How a state that was kept compares with the one that its log gives at the same offset. */
export type StateComparison =
  | 'same'
  | 'none'
  | 'differs'
  | 'damaged'
  | 'of another version'
  | 'of another log'
  | 'ahead of the log'
  | 'before the log';

/** A kept state and its log. */
export interface ComparedState {
  /** Identity of the log, and offset of its first record that is still there. */
  readonly log: string;
  readonly from: number;
  /** SHA-256 of what was kept; undefined where another version wrote it. */
  readonly digest: string | undefined;
  /** SHA-256 of the log's state at the same offset; undefined where the log does not have it. */
  readonly replayed: string | undefined;
}

/** Compares a state that can be read with its log. */
export function compareState(
  kept: { readonly log: string; readonly offset: number; readonly head: string },
  { log, from, digest, replayed }: ComparedState,
): StateComparison {
  if (kept.log !== log) return 'of another log';
  if (!isCurrentState(kept.head)) return 'of another version';
  if (kept.offset < from) return 'before the log';
  if (replayed === undefined) return 'ahead of the log';
  return digest === replayed ? 'same' : 'differs';
}
