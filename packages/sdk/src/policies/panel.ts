import { type Density, edgeMass, MANY_TRIALS, type Variable } from './density.js';
import { betaDeviance } from './incomplete-beta.js';
import { gammaDeviance } from './incomplete-gamma.js';
import { NODES, POSITIVE_NODES } from './quadrature.js';

const HALF = NODES / 2;

/**
 * One panel: everything the arms share at its nodes. The logarithms are relative to the centre, so that they are small
 * and the exponents of many trials, which multiply them, lose no digits; those of the centre are formed once per arm.
 */
export interface Panel {
  readonly variable: Variable;
  /** The common variable at the centre, and the offsets of the nodes from it. */
  centre: number;
  readonly offsets: Float64Array;
  /** x and 1 - x at the centre, with their logarithms. */
  x: number;
  y: number;
  logX: number;
  logY: number;
  /** ln(x / x_centre) at the nodes (in the root: of the root). */
  readonly logs: Float64Array;
  /** ln((1 - x) / (1 - x_centre)) at the nodes. */
  readonly complements: Float64Array;
  /** x_centre - x at the nodes. */
  readonly falls: Float64Array;
}

export function createPanel(variable: Variable): Panel {
  const nodes = () => new Float64Array(NODES);
  return {
    variable,
    centre: 0,
    offsets: nodes(),
    x: 0,
    y: 0,
    logX: 0,
    logY: 0,
    logs: nodes(),
    complements: nodes(),
    falls: nodes(),
  };
}

function atAngles(panel: Panel): void {
  const { centre, offsets, logs, complements } = panel;
  const sine = Math.sin(centre / 2);
  const cosine = Math.cos(centre / 2);
  const x = sine * sine;
  const y = cosine * cosine;
  for (let m = 0; m < HALF; m++) {
    // x - x_centre = sin(t / 2) sin(centre + t / 2)
    const s = Math.sin(offsets[m]! / 2);
    const across = 2 * sine * cosine * s * Math.sqrt(1 - s * s);
    const along = (y - x) * s * s;
    logs[m] = Math.log1p((along + across) / x);
    logs[m + HALF] = Math.log1p((along - across) / x);
    complements[m] = Math.log1p(-(along + across) / y);
    complements[m + HALF] = Math.log1p((across - along) / y);
  }
  panel.x = x;
  panel.y = y;
  panel.logX = Math.log(x);
  panel.logY = Math.log(y);
}

function atLogits(panel: Panel): void {
  const { centre, offsets, logs, complements } = panel;
  const x = 1 / (1 + Math.exp(-centre));
  const y = 1 / (1 + Math.exp(centre));
  for (let m = 0; m < NODES; m++) {
    const t = offsets[m]!;
    if (centre < 0) {
      complements[m] = -Math.log1p(x * Math.expm1(t));
      logs[m] = t + complements[m]!;
    } else {
      logs[m] = -Math.log1p(y * Math.expm1(-t));
      complements[m] = logs[m]! - t;
    }
  }
  panel.x = x;
  panel.y = y;
  panel.logX = Math.min(centre, 0) - Math.log1p(Math.exp(-Math.abs(centre)));
  panel.logY = panel.logX - centre;
}

function atRoots(panel: Panel): void {
  const { centre, offsets, logs, falls } = panel;
  for (let m = 0; m < NODES; m++) {
    const t = offsets[m]!;
    logs[m] = Math.log1p(t / centre);
    falls[m] = -t * (2 * centre + t);
  }
  panel.x = centre * centre;
  panel.logX = Math.log(centre);
}

function atLogarithms(panel: Panel): void {
  const { centre, offsets, logs, falls } = panel;
  const x = Math.exp(centre);
  for (let m = 0; m < NODES; m++) {
    logs[m] = offsets[m]!;
    falls[m] = -x * Math.expm1(offsets[m]!);
  }
  panel.x = x;
  panel.logX = centre;
}

function atValues(panel: Panel, from: number, to: number): void {
  const { centre: x, offsets, logs, complements, falls } = panel;
  const y = (1 - from + (1 - to)) / 2;
  for (let m = 0; m < NODES; m++) {
    const t = offsets[m]!;
    logs[m] = Math.log1p(t / x);
    complements[m] = Math.log1p(-t / y);
    falls[m] = -t;
  }
  panel.x = x;
  panel.y = y;
  panel.logX = Math.log(x);
  panel.logY = Math.log(y);
}

/** Moves the panel between two values of the common variable; `to` is the end at which integration begins. */
export function movePanel(panel: Panel, from: number, to: number): void {
  const { offsets } = panel;
  const half = (to - from) / 2;
  panel.centre = from + half;
  for (let m = 0; m < HALF; m++) {
    const t = half * POSITIVE_NODES[m]!;
    offsets[m] = t;
    offsets[m + HALF] = -t;
  }
  switch (panel.variable) {
    case 'angle':
      return atAngles(panel);
    case 'logit':
      return atLogits(panel);
    case 'root':
      return atRoots(panel);
    case 'log':
      return atLogarithms(panel);
    case 'line':
      return atValues(panel, from, to);
  }
}

function fillPowers(
  density: Density,
  centre: number,
  first: Float64Array,
  second: Float64Array,
  out: Float64Array,
  at: number,
): void {
  const { first: a, second: b } = density;
  for (let m = 0; m < NODES; m++) out[at + m] = Math.exp(centre + a * first[m]! + b * second[m]!);
}

/** Writes the density at the nodes to out[at], out[at + 1], ... */
export function fillDensity(density: Density, panel: Panel, out: Float64Array, at: number): void {
  const { posterior, scale, first, second } = density;
  const { centre, offsets } = panel;
  switch (posterior.kind) {
    case 'beta': {
      const { alpha, beta } = posterior;
      const { x, y, logX, logY } = panel;
      const many = alpha + beta > MANY_TRIALS;
      const atCentre = many
        ? betaDeviance(alpha, beta, x, y, alpha * y - beta * x) + (first - alpha) * logX + (second - beta) * logY
        : first * logX + second * logY;
      return fillPowers(density, scale + atCentre, panel.logs, panel.complements, out, at);
    }
    case 'gamma': {
      const { shape, rate } = posterior;
      const jacobian = panel.variable === 'log' ? 0 : panel.logX;
      const atCentre = scale + gammaDeviance(shape, rate * panel.x) - jacobian;
      return fillPowers(density, atCentre, panel.logs, panel.falls, out, at);
    }
    case 'normal': {
      const z = (centre - posterior.mean) * first;
      for (let m = 0; m < NODES; m++) {
        const here = z + offsets[m]! * first;
        out[at + m] = Math.exp(scale - 0.5 * here * here);
      }
      return;
    }
    case 'student': {
      const z = (centre - posterior.location) * first;
      for (let m = 0; m < NODES; m++) {
        const here = z + offsets[m]! * first;
        out[at + m] = Math.exp(scale - second * Math.log1p((here * here) / posterior.df));
      }
    }
  }
}

/**
 * Where the panel from `u` down to `end` touches an edge at which the density is rough, writes the exact mass of the
 * panel, spread evenly, and returns true.
 */
export function fillEdge(
  density: Density,
  panel: Panel,
  u: number,
  end: number,
  sign: 1 | -1,
  out: Float64Array,
  at: number,
): boolean {
  const { posterior, high, low, roughHigh, roughLow } = density;
  const atHigh = roughHigh > 0 && u === high && high - end <= 1.01 * roughHigh;
  const atLow = roughLow > 0 && end === low && u - low <= roughLow;
  if (!atHigh && !atLow) return false;
  const mass = edgeMass(posterior, panel.variable, sign * (atHigh ? end : u), atHigh === sign > 0);
  out.fill(mass / (u - end), at, at + NODES);
  return true;
}
