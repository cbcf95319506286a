import { betaTails, logBeta, logBetaScale } from './incomplete-beta.js';
import { gammaTails, logGammaScale } from './incomplete-gamma.js';
import type { BetaPosterior, GammaPosterior, NormalPosterior, StudentPosterior } from './posterior.js';
import {
  angleSpan,
  logitSpan,
  logSpan,
  normalReach,
  PANEL,
  rootSpan,
  roughness,
  type Span,
  studentReach,
} from './support.js';

const HALF_LOG_TWO_PI = 0.9189385332046728;
/** From this many trials on, exponents at the centre of a panel take Loader's form. */
export const MANY_TRIALS = 1e4;

/**
 * The common variable in which the densities of all arms are smooth: for rates the angle 2 asin sqrt(x), or the logit
 * where a shape is below 1/2; for mean counts the root, or the logarithm where a shape is below 1/2; else x itself.
 */
export type Variable = 'angle' | 'logit' | 'root' | 'log' | 'line';

export type Continuous = BetaPosterior | GammaPosterior | NormalPosterior | StudentPosterior;

/**
 * The density of one arm in the variable of integration: the common one, or its negative when lower is better. Angle and
 * logit are turned round by exchanging successes and failures instead.
 */
export interface Density {
  readonly posterior: Continuous;
  /** Position among the caller's arms. */
  readonly index: number;
  /** The density is 0 above `high` and below `low`. */
  readonly high: number;
  readonly low: number;
  /** The widest panel, where nothing else limits it. */
  readonly width: number;
  /** A panel has to end at `high` and at `low`. */
  readonly hard: boolean;
  /** See `roughness`. */
  readonly roughHigh: number;
  readonly roughLow: number;
  /** Logarithm of the constant factor. */
  readonly scale: number;
  /** Exponents on the two bases of the panel; for normal and Student 1 / scale and (df + 1) / 2. */
  readonly first: number;
  readonly second: number;
}

export function chooseVariable(posteriors: readonly Continuous[]): Variable {
  if (posteriors.every((posterior) => posterior.kind === 'beta')) {
    return posteriors.every(({ alpha, beta }) => alpha >= 0.5 && beta >= 0.5) ? 'angle' : 'logit';
  }
  if (posteriors.every((posterior) => posterior.kind === 'gamma')) {
    return posteriors.every(({ shape }) => shape >= 0.5) ? 'root' : 'log';
  }
  return 'line';
}

/** The common variable at the value x of a mean reward. */
function toVariable(x: number, variable: Variable): number {
  switch (variable) {
    case 'angle':
      return 2 * Math.asin(Math.sqrt(x));
    case 'logit':
      return Math.log(x) - Math.log1p(-x);
    case 'root':
      return Math.sqrt(x);
    case 'log':
      return Math.log(x);
    case 'line':
      return x;
  }
}

/** The variable of integration at x; infinite for an x that no arm with a density can reach. */
export function placeOf(x: number, variable: Variable, sign: 1 | -1): number {
  const rate = variable === 'angle' || variable === 'logit';
  const below = variable !== 'line' && x < 0;
  if (below || (rate && x > 1)) return below === sign > 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return rate && sign < 0 ? toVariable(1 - x, variable) : sign * toVariable(x, variable);
}

type Shape = Omit<Density, 'posterior' | 'index' | 'hard' | 'high' | 'low' | 'roughHigh' | 'roughLow' | 'width'>;

function smooth(posterior: Continuous, index: number, sign: 1 | -1, span: Span, shape: Shape): Density {
  const [low, high] = sign > 0 ? [span.from, span.to] : [-span.to, -span.from];
  return { posterior, index, high, low, width: span.width, hard: false, roughHigh: 0, roughLow: 0, ...shape };
}

/** In x itself, where densities have edges: panels end there, and get shorter towards them. */
function edged(density: Density, sign: 1 | -1, atFrom: number, atTo: number): Density {
  const [roughLow, roughHigh] = sign > 0 ? [atFrom, atTo] : [atTo, atFrom];
  return { ...density, hard: true, roughLow, roughHigh };
}

function betaDensity(given: BetaPosterior, index: number, variable: Variable, sign: 1 | -1): Density {
  const turn = sign < 0 && variable !== 'line';
  const posterior: BetaPosterior = turn ? { kind: 'beta', alpha: given.beta, beta: given.alpha } : given;
  const { alpha, beta } = posterior;
  const n = alpha + beta;
  const scale = n > MANY_TRIALS ? logBetaScale(alpha, beta) : -logBeta(alpha, beta);
  if (variable === 'logit') {
    return smooth(posterior, index, 1, logitSpan(alpha, beta), { scale, first: alpha, second: beta });
  }
  if (variable === 'angle') {
    const span = angleSpan(alpha, beta);
    const density = smooth(posterior, index, 1, span, { scale, first: alpha - 0.5, second: beta - 0.5 });
    if (alpha > 4.5 && beta > 4.5) return density;
    const roughLow = span.from === 0 ? roughness(2 * alpha - 1, 0, 1) : 0;
    const roughHigh = span.to === Math.PI ? roughness(2 * beta - 1, 0, 1) : 0;
    return { ...density, roughLow, roughHigh };
  }
  const small = alpha < 0.5 || beta < 0.5;
  const inner = small ? logitSpan(alpha, beta) : angleSpan(alpha, beta);
  const back = (u: number) => (small ? 1 / (1 + Math.exp(-u)) : Math.sin(u / 2) ** 2);
  const from = small && alpha < 8 ? 0 : back(inner.from);
  const to = small && beta < 8 ? 1 : back(inner.to);
  const width = (PANEL * Math.sqrt((alpha / n) * (beta / n))) / Math.sqrt(n + 1);
  const density = smooth(posterior, index, sign, { from, to, width }, { scale, first: alpha - 1, second: beta - 1 });
  const atFrom = from === 0 ? roughness(alpha - 1, 0, width) : 0;
  const atTo = to === 1 ? roughness(beta - 1, 1, width) : 0;
  return edged(density, sign, atFrom, atTo);
}

function gammaDensity(posterior: GammaPosterior, index: number, variable: Variable, sign: 1 | -1): Density {
  const { shape, rate } = posterior;
  const scale = logGammaScale(shape);
  if (variable === 'log') {
    return smooth(posterior, index, sign, logSpan(shape, rate), { scale, first: shape, second: rate });
  }
  if (variable === 'root') {
    const span = rootSpan(shape, rate);
    const density = smooth(posterior, index, sign, span, {
      scale: scale + Math.LN2,
      first: 2 * shape - 1,
      second: rate,
    });
    const rough = span.from === 0 ? roughness(2 * shape - 1, 0, 1 / Math.sqrt(rate)) : 0;
    return sign > 0 ? { ...density, roughLow: rough } : { ...density, roughHigh: rough };
  }
  const inner = shape < 0.5 ? logSpan(shape, rate) : rootSpan(shape, rate);
  const from = shape < 0.5 ? 0 : inner.from ** 2;
  const to = shape < 0.5 ? Math.exp(inner.to) : inner.to ** 2;
  const width = (PANEL * Math.sqrt(shape)) / rate;
  const density = smooth(posterior, index, sign, { from, to, width }, { scale, first: shape - 1, second: rate });
  return edged(density, sign, from === 0 ? roughness(shape - 1, 0, width) : 0, 0);
}

/** The density of one arm. `sign` is 1 to integrate for the largest value, -1 for the smallest. */
export function densityOf(posterior: Continuous, index: number, variable: Variable, sign: 1 | -1): Density {
  switch (posterior.kind) {
    case 'beta':
      return betaDensity(posterior, index, variable, sign);
    case 'gamma':
      return gammaDensity(posterior, index, variable, sign);
    case 'normal': {
      const { mean, sd } = posterior;
      const reach = normalReach() * sd;
      const span = { from: mean - reach, to: mean + reach, width: PANEL * sd };
      return smooth(posterior, index, sign, span, { scale: -Math.log(sd) - HALF_LOG_TWO_PI, first: 1 / sd, second: 0 });
    }
    case 'student': {
      const { location, scale, df } = posterior;
      const reach = studentReach(df) * scale;
      const width = scale * PANEL;
      const constant = -Math.log(scale) - logBeta(df / 2, 0.5) - 0.5 * Math.log(df);
      const shape = { scale: constant, first: 1 / scale, second: (df + 1) / 2 };
      return smooth(posterior, index, sign, { from: location - reach, to: location + reach, width }, shape);
    }
  }
}

/** The part of the density's mass beyond the value `u` of the common variable, on the side of the edge that is near. */
export function edgeMass(posterior: Continuous, variable: Variable, u: number, upper: boolean): number {
  const angle = variable === 'angle';
  if (posterior.kind === 'beta') {
    const { alpha, beta } = posterior;
    const x = angle ? Math.sin(u / 2) ** 2 : u;
    const y = angle ? Math.cos(u / 2) ** 2 : 1 - u;
    const tails = betaTails(alpha, beta, x, y, alpha * y - beta * x);
    return upper ? tails.upper : tails.lower;
  }
  if (posterior.kind !== 'gamma') return 0;
  return gammaTails(posterior.shape, posterior.rate * (variable === 'root' ? u * u : u)).lower;
}

/**
 * Where arms on the line are decided: the location of the arm whose support begins last. Seen from there no digit of a
 * difference is lost, however far from zero the rewards lie. 0 where the variable is not free to move.
 */
export function contestedOrigin(posteriors: readonly Continuous[], sign: 1 | -1): number {
  let origin = 0;
  let latest = Number.NEGATIVE_INFINITY;
  for (const posterior of posteriors) {
    if (posterior.kind !== 'normal' && posterior.kind !== 'student') return 0;
    const normal = posterior.kind === 'normal';
    const location = normal ? posterior.mean : posterior.location;
    const low =
      sign * location - (normal ? normalReach() * posterior.sd : studentReach(posterior.df) * posterior.scale);
    if (low > latest) [latest, origin] = [low, location];
  }
  return origin;
}

/** The same arm, seen from the origin. */
export function shifted(posterior: Continuous, origin: number): Continuous {
  if (posterior.kind === 'normal') return { ...posterior, mean: posterior.mean - origin };
  return posterior.kind === 'student' ? { ...posterior, location: posterior.location - origin } : posterior;
}
