import { changedShare } from '@armature/sdk/policies';
import type { SnapshotExperiment } from '@armature/sdk/protocol';

/** What a change of an experiment does to the units of its audience; those that an override names are not looked at. */
export interface Movement {
  /** Share of units that are served another arm; null where each request is drawn anew and no unit keeps an arm. */
  readonly changed: number | null;
  /** Of the units that take part before and after, the share that is drawn another arm; null where none is kept. */
  readonly redrawn: number | null;
  /** Share of units that begin to take part: holdout, layer and traffic let them in, or the draw begins. */
  readonly entering: number;
  /** Share of units that take part no longer. */
  readonly leaving: number;
  /**
   * What keeps a unit's arm: `hash`, the same hash before and after; `none`, where another salt or period draws every
   * unit anew; `store`, the arms kept for `assign: sticky`; `request`, where nothing does.
   */
  readonly by: 'hash' | 'none' | 'store' | 'request';
}

/** How an experiment serves whoever matches no override. */
interface Serving {
  /** The arm of those that are not drawn: the control, or a pinned arm. */
  readonly settled: string;
  /** Undefined where nobody is drawn. */
  readonly draw: { readonly experiment: SnapshotExperiment; readonly weights: readonly number[] } | undefined;
}

function servingOf(experiment: SnapshotExperiment): Serving {
  const { rules, arms, control } = experiment;
  const rule = rules.find(({ reason, randomised }) => reason === 'static' || randomised !== false);
  if (experiment.status !== 'running' || rule === undefined) return { settled: control, draw: undefined };
  const { randomised, weights } = rule;
  if (randomised === false) return { settled: arms[weights.indexOf(1)] ?? control, draw: undefined };
  return { settled: control, draw: { experiment, weights } };
}

type Interval = readonly [salt: string, from: number, to: number];

/** What holdout, layer and traffic let pass, by stage: hashed with what, and between which ends. */
function intervalsOf({ salt, holdout, layer, traffic = 1 }: SnapshotExperiment): readonly Interval[] {
  return [
    [holdout?.name ?? salt, holdout?.share ?? 0, 1],
    [layer?.name ?? '', ...(layer?.slot ?? ([0, 1] as const))],
    [salt, 0, traffic],
  ];
}

const within = (intervals: readonly Interval[]): number => intervals.reduce((share, [, a, b]) => share * (b - a), 1);

/** Share of units that pass all stages of both: stages are independent, and so is one stage under two salts. */
function withinBoth(before: readonly Interval[], after: readonly Interval[]): number {
  return before.reduce((share, [salt, from, to], stage) => {
    const [other, least, most] = after[stage]!;
    const alike = salt === other;
    const passed = alike ? Math.max(0, Math.min(to, most) - Math.max(from, least)) : (to - from) * (most - least);
    return share * passed;
  }, 1);
}

/** A share without the dust of its arithmetic. */
const tidy = (share: number): number => Math.min(1, Math.max(0, Math.round(share * 1e12) / 1e12));

const probabilityOf = ({ draw }: Serving, arm: string): number => draw?.weights[draw.experiment.arms.indexOf(arm)] ?? 0;

const epochOf = ({ version }: SnapshotExperiment): string => version.slice(0, version.indexOf('.'));

function keptBy(a: SnapshotExperiment, b: SnapshotExperiment): Movement['by'] {
  if (a.assign === 'request' || b.assign === 'request') return 'request';
  if (a.assign === 'sticky' && b.assign === 'sticky' && epochOf(a) === epochOf(b)) return 'store';
  return a.salt === b.salt && a.hash === b.hash && a.period === b.period ? 'hash' : 'none';
}

/** Of the units that are drawn before and after, the share that changes arm. */
function redrawnShare(before: Serving, after: Serving, by: Exclude<Movement['by'], 'request'>): number {
  const arms = [...new Set([before, after].flatMap(({ draw }) => draw?.experiment.arms ?? []))];
  const p = arms.map((arm) => probabilityOf(before, arm));
  const q = arms.map((arm) => probabilityOf(after, arm));
  if (by === 'hash') return changedShare(p, q);
  if (by === 'store') return p.reduce((sum, share, k) => sum + (q[k] === 0 ? share : 0), 0);
  return 1 - p.reduce((sum, share, k) => sum + share * q[k]!, 0);
}

/**
 * The share of units that are served another arm by one form of an experiment than by another, exactly. Of those that
 * take part in both it is 1 - sum_k 1 / sum_j max(p_j / p_k, q_j / q_k) for the same hash, 1 - sum_k p_k q_k for another
 * one, and the share of arms that got probability 0 for arms kept in a store, if those were drawn by the weights of
 * `before`; units that come or go change where the control is another arm than the one they are drawn.
 *
 * @param after undefined where the experiment goes: clients serve the control that they know
 */
export function movedUnits(before: SnapshotExperiment, after: SnapshotExperiment | undefined): Movement {
  const from = servingOf(before);
  const to = after === undefined ? { settled: before.control, draw: undefined } : servingOf(after);
  const was = from.draw === undefined ? 0 : within(intervalsOf(before));
  const will = after === undefined || to.draw === undefined ? 0 : within(intervalsOf(after));
  const both = was > 0 && will > 0 ? withinBoth(intervalsOf(before), intervalsOf(after!)) : 0;
  const entering = tidy(will - both);
  const leaving = tidy(was - both);
  const drawn = [from, to].flatMap(({ draw }) => draw?.experiment ?? []);
  const by = drawn.length === 0 ? 'hash' : keptBy(drawn[0]!, drawn[1] ?? drawn[0]!);
  if (by === 'request') return { changed: null, redrawn: null, entering, leaving, by };
  const redrawn = both > 0 ? redrawnShare(from, to, by) : 0;
  const changed =
    both * redrawn +
    leaving * (1 - probabilityOf(from, to.settled)) +
    entering * (1 - probabilityOf(to, from.settled)) +
    (from.settled === to.settled ? 0 : 1 - both - leaving - entering);
  return { changed: tidy(changed), redrawn: tidy(redrawn), entering, leaving, by };
}
