/** What becomes of a 5 % test when units keep their arms while the weights move: by first decisions, and row by row. */
import { addValue, commonWeightContrast, createRandom, EMPTY_MOMENTS, type Stratum, welch } from '@armature/analysis';
import {
  addReward,
  allocate,
  type Cell,
  draw,
  EMPTY_CELL,
  type Moments,
  merge,
  normalQuantile,
  policyWeights,
  prepareDraw,
} from '@armature/sdk/policies';

export interface StickyStudy {
  readonly replications: number;
  readonly seed: number;
  /** New units in each version of the weights. */
  readonly newcomers: number;
  readonly versions: number;
  /** Visits of a unit after its first, one in each of the versions that follow. */
  readonly returns: number;
  /** Standard deviation of the units' own effects; that of a visit's noise is 1. */
  readonly unitSd: number;
  /** Rise of everybody's mean over the run, in standard deviations of the noise. */
  readonly rise: number;
}

/** Shares of runs without any difference between the arms in which a difference was found. */
export interface FalseAlarms {
  /** First decisions, one look at the end. */
  readonly oneLook: number;
  /** First decisions, a look after every version. */
  readonly anytime: number;
  /** Every visit by the propensity in its log line, one look. */
  readonly rowWise: number;
  /** Plain means of all visits, one look. */
  readonly naive: number;
  /** How far the larger arm's weight got, on average. */
  readonly weight: number;
}

const ARMS = ['a', 'b'];
const FLOOR = 0.05;
const METRIC = { type: 'real', better: 'higher', missing: 'zero' } as const;

interface Kept {
  readonly arm: number;
  readonly effect: number;
  /** The version that the unit was drawn from. */
  readonly version: number;
}

interface Run {
  readonly trials: readonly Stratum[];
  readonly visits: readonly Stratum[];
  readonly byArm: readonly Moments[];
  readonly weight: number;
}

const emptyCells = (): Cell[] => ARMS.map(() => EMPTY_CELL);

function stratum(version: number, p: readonly number[], means: readonly number[], cells: readonly Cell[]): Stratum {
  const opened = cells.map(({ trials }) => trials);
  return {
    version: `1.${version + 1}`,
    rule: 'policy',
    arms: ARMS,
    p,
    means,
    from: version,
    to: version,
    opened,
    cells,
  };
}

/** A new unit is drawn by the real hash and keeps its arm; the policy learns from first decisions. */
function run(study: StickyStudy, seed: number): Run {
  const random = createRandom(seed);
  const normal = (): number => normalQuantile(random());
  const drawer = prepareDraw('draw', `salt-${seed}`, ARMS);
  const vectors: { readonly p: readonly number[]; readonly means: readonly number[] }[] = [];
  const [trials, visits] = [[] as Cell[][], [] as Cell[][]];
  const units: Kept[] = [];
  let seen: readonly Cell[] = emptyCells();
  let byArm: readonly Moments[] = ARMS.map(() => EMPTY_MOMENTS);
  for (let v = 0; v < study.versions; v += 1) {
    const wanted = v === 0 ? [0.5, 0.5] : policyWeights({ kind: 'thompson' }, METRIC, seen);
    const { p } = allocate({ weights: wanted, eligible: [true, true], floor: FLOOR, control: 0 });
    vectors.push({ p, means: seen.map(({ mean }) => mean) });
    for (const cells of [trials, visits]) cells.push(emptyCells());
    const level = (study.rise * v) / study.versions;
    const visit = ({ arm, effect, version }: Kept): number => {
      const reward = level + effect + normal();
      visits[version]![arm] = addReward(visits[version]![arm]!, reward);
      byArm = byArm.map((moments, k) => (k === arm ? addValue(moments, reward) : moments));
      return reward;
    };
    for (const unit of units.slice(-study.newcomers * study.returns)) visit(unit);
    for (let n = 0; n < study.newcomers; n += 1) {
      const unit = { arm: draw(drawer, p, `u-${v}-${n}`), effect: study.unitSd * normal(), version: v };
      units.push(unit);
      trials[v]![unit.arm] = addReward(trials[v]![unit.arm]!, visit(unit));
    }
    seen = seen.map((cell, k) => merge(cell, trials[v]![k]!));
  }
  const strata = (cells: readonly Cell[][]): Stratum[] =>
    cells.map((of, v) => stratum(v, vectors[v]!.p, v === 0 ? of.map(({ mean }) => mean) : vectors[v]!.means, of));
  return { trials: strata(trials), visits: strata(visits), byArm, weight: Math.max(...vectors.at(-1)!.p) };
}

const outside = (interval: { readonly low: number | null; readonly high: number | null }): boolean =>
  interval.low !== null && interval.high !== null && (interval.low > 0 || interval.high < 0);

export function falseAlarms(study: StickyStudy): FalseAlarms {
  const found = { oneLook: 0, anytime: 0, rowWise: 0, naive: 0, weight: 0 };
  for (let r = 0; r < study.replications; r += 1) {
    const { trials, visits, byArm, weight } = run(study, study.seed + r);
    const contrast = (strata: readonly Stratum[]) => commonWeightContrast(strata, 1, 0, [0, 1]);
    if (outside(contrast(trials).oneLook)) found.oneLook += 1;
    if (trials.some((_, v) => outside(contrast(trials.slice(0, v + 1)).anytime))) found.anytime += 1;
    if (outside(contrast(visits).oneLook)) found.rowWise += 1;
    if ((welch(byArm[0]!, byArm[1]!).p ?? 1) < 0.05) found.naive += 1;
    found.weight += weight;
  }
  const share = (count: number): number => count / study.replications;
  return {
    oneLook: share(found.oneLook),
    anytime: share(found.anytime),
    rowWise: share(found.rowWise),
    naive: share(found.naive),
    weight: share(found.weight),
  };
}
