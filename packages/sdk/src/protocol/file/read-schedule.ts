import { ASSIGN, type Assign, type Experiment } from '../experiment.js';
import { type Cursor, complain, readOneOf } from './cursor.js';
import { readDuration, readShare } from './quantities.js';
import type { ArmInFile } from './read-arms.js';

export const DAY = 86_400_000;

/** What is randomised and how long a draw holds. Moving weights are drawn anew each day, fixed ones never. */
export function readAssignment(
  assignAt: Cursor | undefined,
  at: Cursor | undefined,
  arms: readonly ArmInFile[],
  moving: boolean,
): Pick<Experiment, 'assign' | 'reassignMs'> {
  const byDefault: Assign = arms.some((arm) => arm.backend !== undefined) ? 'request' : 'unit';
  const assign = (assignAt && readOneOf(assignAt, ASSIGN, 'assignment')) ?? byDefault;
  if (at === undefined) return { assign, reassignMs: assign === 'unit' && moving ? DAY : null };
  if (assign !== 'unit') {
    complain(at, `reassign is for assign: unit, and this is assign: ${assign}`, {
      todo: 'remove it, or write assign: unit',
    });
    return { assign, reassignMs: null };
  }
  if (at.tree.kind === 'scalar' && at.tree.value === 'never') {
    if (moving) {
      complain(at, 'a unit changes its arm whenever the weights move, so that moving weights are no draw for ever', {
        got: 'never',
        todo: 'write 1d, or assign: sticky to keep each first arm, or policy: fixed',
      });
    }
    return { assign, reassignMs: null };
  }
  return { assign, reassignMs: readDuration(at, 1000) ?? null };
}

/** Least time between two versions: a period, where weights stand still inside it. */
export function readUpdate(at: Cursor | undefined, assign: Assign, reassignMs: number | null): number {
  const period = assign === 'unit' ? reassignMs : null;
  const updateMs = (at && readDuration(at, 10)) ?? period ?? 1000;
  if (at && period !== null && updateMs < period) {
    complain(at, 'weights stand still inside a period of assign: unit', {
      got: `${updateMs}ms for a period of ${period}ms`,
      todo: 'remove update, shorten reassign, or write assign: request',
    });
  }
  return updateMs;
}

/** Least probability of an eligible arm: 0 for fixed weights, else 2 %, or a fifth of an even split if that is less. */
export function readFloor(at: Cursor | undefined, fixed: boolean, arms: readonly ArmInFile[]): number {
  const eligible = Math.max(1, arms.filter((arm) => !arm.off).length);
  const floor = at && readShare(at);
  if (floor === undefined) return fixed ? 0 : Math.min(0.02, 0.2 / eligible);
  if (eligible * floor > 1 + 1e-12) {
    const percent = (share: number): string => `${Number((share * 100).toPrecision(6))}%`;
    const needed = `${eligible} arms with a floor of ${percent(floor)} need ${percent(eligible * floor)}`;
    complain(at!, needed, { todo: `write at most ${percent(Math.floor(1e4 / eligible) / 1e4)}` });
  }
  return floor;
}
