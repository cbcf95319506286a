import { fmix32, hashKey, prepareDraw } from '@armature/sdk/policies';

/** One arm in the race of a draw. */
export interface Runner {
  readonly arm: string;
  readonly weight: number;
  /** In (0, 1), from the key and the arm alone. */
  readonly uniform: number;
  /** -ln(uniform) / weight: the smallest wins; null for an arm that cannot be drawn. */
  readonly score: number | null;
}

/**
 * The race behind a draw, told arm by arm, for people who want to see why. It repeats the arithmetic of `draw`, which
 * keeps none of it; a test holds the two together.
 *
 * @param salt the experiment's
 * @param arms in the order of the weights
 * @param key the key of the draw
 */
export function drawScores(
  salt: string,
  arms: readonly string[],
  weights: readonly number[],
  key: string,
): readonly Runner[] {
  const { prefix, order, seeds } = prepareDraw('draw', salt, arms);
  const words = new Int32Array(4);
  hashKey(prefix, key, words);
  const [h1 = 0, h2 = 0] = words;
  return arms.map((arm, k) => {
    const at = 2 * order.indexOf(k);
    const weight = weights[k] ?? 0;
    const v = fmix32(h2 ^ (seeds[at + 1] ?? 0));
    const x = fmix32(h1 ^ (seeds[at] ?? 0) ^ v);
    const y = fmix32((x + v) ^ 0x9e3779b9) >>> 12;
    const uniform = ((x >>> 0) * 0x100000 + y + 0.5) * 2 ** -52;
    return { arm, weight, uniform, score: weight > 0 ? -Math.log(uniform) / weight : null };
  });
}
