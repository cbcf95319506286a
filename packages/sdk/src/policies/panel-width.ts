import type { Density, Variable } from './density.js';
import { PANEL } from './support.js';

/** Panels stay so short that the exponential of their width does not overflow. */
const LONGEST = 500;
/** Panel width over the distance to the singularities of a Student density, +-i sqrt(df) in its scale. */
const STUDENT_PANEL = 0.8;

/** The width of a panel that begins at `u` (in the direction of integration) inside the density's support. */
function widthAt(density: Density, u: number, variable: Variable, sign: 1 | -1): number {
  const { posterior, width } = density;
  if (posterior.kind === 'student') {
    const z = Math.abs(sign * u - posterior.location) * density.first;
    const smooth = STUDENT_PANEL * Math.sqrt(z * z + posterior.df);
    return Math.min(smooth, Math.max(PANEL, (2 * z) / density.second)) / density.first;
  }
  if (variable === 'logit' && posterior.kind === 'beta') {
    // Beyond the bends at -ln(beta) and ln(alpha) the density is an exponential.
    const { alpha, beta } = posterior;
    const left = -3 - Math.log1p(beta) - u;
    if (left > 0) return Math.max(width, Math.min(3 / alpha, left / 2, LONGEST));
    const right = u - 3 - Math.log1p(alpha);
    return right > 0 ? Math.max(width, Math.min(3 / beta, right / 2, LONGEST)) : width;
  }
  if (variable === 'log' && posterior.kind === 'gamma') {
    const left = Math.log(posterior.shape / posterior.rate) - 3 - sign * u;
    return left > 0 ? Math.max(width, Math.min(3 / posterior.shape, left / 2, LONGEST)) : width;
  }
  return width;
}

/** How far down a panel that begins at `u` may reach, as far as this density is concerned. */
export function lowerEnd(density: Density, u: number, variable: Variable, sign: 1 | -1): number {
  const { high, low, hard, roughHigh, roughLow } = density;
  if (u > high) return hard ? high : Math.min(high, u - density.width);
  let width = widthAt(density, u, variable, sign);
  if (roughHigh > 0) width = Math.min(width, Math.max(high - u, roughHigh));
  if (roughLow > 0 && u > low) width = Math.min(width, u - low > roughLow ? (u - low) / 2 : u - low);
  return hard && u > low ? Math.max(low, u - width) : u - width;
}
