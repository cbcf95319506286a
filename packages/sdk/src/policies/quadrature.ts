/** Nodes of the Gauss-Legendre rule used for P(best). */
export const NODES = 16;
const HALF = NODES / 2;

/** P_0(x), ..., P_n(x) by Bonnet's recurrence. */
function legendre(n: number, x: number): Float64Array {
  const values = new Float64Array(n + 1);
  values[0] = 1;
  if (n > 0) values[1] = x;
  for (let k = 2; k <= n; k++) values[k] = ((2 * k - 1) * x * values[k - 1]! - (k - 1) * values[k - 2]!) / k;
  return values;
}

/** The positive nodes on [-1, 1], the largest first. The others are their negatives. */
export const POSITIVE_NODES: Float64Array = Float64Array.of(
  0.9894009349916499,
  0.9445750230732326,
  0.8656312023878318,
  0.755404408355003,
  0.6178762444026438,
  0.45801677765722737,
  0.2816035507792589,
  0.09501250983763744,
);

/** The weights of the positive nodes, and of their negatives. Source: Abramowitz and Stegun, table 25.4. */
export const HALF_WEIGHTS: Float64Array = Float64Array.of(
  0.027152459411754096,
  0.062253523938647894,
  0.09515851168249279,
  0.12462897125553388,
  0.14959598881657674,
  0.16915651939500254,
  0.18260341504492358,
  0.1894506104550685,
);

/**
 * The integral from node m to 1 of the polynomial through the values at node k: half of it from the even part of the
 * values, half from the odd part, so that one 8 x 8 matrix each serves both signs of the node.
 */
function upperIntegral(parity: 0 | 1): Float64Array {
  const matrix = new Float64Array(HALF * HALF);
  for (let m = 0; m < HALF; m++) {
    const at = legendre(NODES, POSITIVE_NODES[m]!);
    for (let k = 0; k < HALF; k++) {
      const value = legendre(NODES, POSITIVE_NODES[k]!);
      let sum = parity === 0 ? -at[1]! : 0;
      for (let n = parity === 0 ? 2 : 1; n < NODES; n += 2) sum += value[n]! * (at[n - 1]! - at[n + 1]!);
      matrix[m * HALF + k] = 0.5 * HALF_WEIGHTS[k]! * sum;
    }
  }
  return matrix;
}

const EVEN_PART = upperIntegral(0);
const ODD_PART = upperIntegral(1);
const even = new Float64Array(HALF);
const odd = new Float64Array(HALF);

/**
 * Integrates a density over a panel of half-width `half` from each node to the panel's upper end, by the polynomial
 * through its values at the nodes, and writes 1 - `above` - that integral: the cdf at the nodes, where `above` is the
 * mass above the panel. Values are ordered as the nodes: +x_0, ..., +x_7, -x_0, ..., -x_7.
 *
 * @returns the mass of the panel
 */
export function cdfAtNodes(
  density: Float64Array,
  cdf: Float64Array,
  offset: number,
  half: number,
  above: number,
): number {
  let total = 0;
  for (let k = 0; k < HALF; k++) {
    const plus = density[offset + k]!;
    const minus = density[offset + HALF + k]!;
    const both = (plus + minus) * half;
    even[k] = both;
    odd[k] = (plus - minus) * half;
    total += HALF_WEIGHTS[k]! * both;
  }
  const middle = 1 - above - 0.5 * total;
  for (let m = 0, row = 0; m < HALF; m++, row += HALF) {
    let symmetric = 0;
    let skew = 0;
    for (let k = 0; k < HALF; k++) {
      symmetric += EVEN_PART[row + k]! * even[k]!;
      skew += ODD_PART[row + k]! * odd[k]!;
    }
    cdf[offset + m] = middle - symmetric - skew;
    cdf[offset + HALF + m] = middle + symmetric - skew;
  }
  return total;
}
