/** Where a density lives: beyond `from` and `to` it has fallen from its mode by a factor exp(-DEPTH). */
export interface Span {
  readonly from: number;
  readonly to: number;
  /** Width of a panel in which 16 nodes hold the density and its integral to 1e-12. */
  readonly width: number;
}

/** exp(-28) is 7e-13; of a normal density 1e-13 of the mass lies beyond. */
export const DEPTH = 28;
/** Width of a panel in standard deviations: at 4 the largest error met was 2e-13, at 6 it was 2e-11. */
export const PANEL = 4;
/** The widest panel over a density that falls like exp(-exp(u)): pi / 2 is where it grows in the complex plane. */
const WIDEST = 1.25;

/** The outer point where a concave log density has fallen by DEPTH, by Newton's method from outside. */
function fall(start: number, log: (u: number) => number, slope: (u: number) => number): number {
  let u = start;
  for (let iteration = 0; iteration < 4; iteration++) u -= (log(u) + DEPTH) / slope(u);
  return u;
}

/**
 * A beta density in the angle 2 asin sqrt(x): its logarithm is concave, with a curvature of at least
 * (sqrt a + sqrt b)^2 / 2 for a = alpha - 1/2 >= 0 and b = beta - 1/2 >= 0.
 */
export function angleSpan(alpha: number, beta: number): Span {
  const a = Math.sqrt(alpha - 0.5);
  const b = Math.sqrt(beta - 0.5);
  const mode = 2 * Math.atan2(a, b);
  const reach = (2 * Math.sqrt(DEPTH)) / (a + b);
  const from = Math.max(0, mode - reach);
  return { from, to: Math.min(Math.PI, mode + reach), width: PANEL / Math.sqrt(alpha + beta) };
}

function logitLow(alpha: number, beta: number): number {
  const n = alpha + beta;
  const top = alpha * Math.log(alpha / n) + beta * Math.log(beta / n);
  const log1pExp = (u: number) => Math.max(u, 0) + Math.log1p(Math.exp(-Math.abs(u)));
  const log = (u: number) => alpha * u - n * log1pExp(u) - top;
  return fall((top - DEPTH) / alpha, log, (u) => alpha - n / (1 + Math.exp(-u)));
}

/** A beta density in the logit, where its logarithm is concave for any shapes. */
export function logitSpan(alpha: number, beta: number): Span {
  const width = Math.min(WIDEST, PANEL * Math.sqrt(1 / alpha + 1 / beta));
  return { from: logitLow(alpha, beta), to: -logitLow(beta, alpha), width };
}

/** A gamma density in the root of x: the curvature of its logarithm is at least 2 rate for shape >= 1/2. */
export function rootSpan(shape: number, rate: number): Span {
  const mode = Math.sqrt((shape - 0.5) / rate);
  const reach = Math.sqrt(DEPTH / rate);
  return { from: Math.max(0, mode - reach), to: mode + reach, width: (0.5 * PANEL) / Math.sqrt(rate) };
}

/** A gamma density in the logarithm of x, where its logarithm is concave for any shape. */
export function logSpan(shape: number, rate: number): Span {
  const mode = Math.log(shape / rate);
  const log = (u: number) => shape * (u - mode - Math.expm1(u - mode));
  const to = fall(mode + Math.log1p(DEPTH / shape) + 1.5, log, (u) => -shape * Math.expm1(u - mode));
  return { from: mode - 1 - DEPTH / shape, to, width: Math.min(WIDEST, PANEL / Math.sqrt(shape)) };
}

/** A Student density around 0 in its own scale; the tail beyond is about exp(-DEPTH) for any number of degrees of freedom. */
export function studentReach(df: number): number {
  return Math.sqrt(df * Math.expm1((2 * DEPTH) / df));
}

export function normalReach(): number {
  return Math.sqrt(2 * DEPTH);
}

/**
 * The distance from an edge, where a density falls as its `power`-th power, down to which panels get shorter; the mass
 * inside it is taken exactly and spread evenly. With p = power + 1 the mass is about distance^p: two such arms meet
 * there with less than 1e-12, and no other density changes over it by as much. 0 where the density is smooth.
 */
export function roughness(power: number, edge: number, unit: number): number {
  if (power > 8 || Number.isInteger(power)) return 0;
  const p = power + 1;
  return Math.max(unit * 10 ** -Math.min(290, Math.max(6 / p, 12 / (p + 1))), 1e-13 * edge);
}
