import { compareCodePoints } from './code-point-order.js';
import { fmix32, type HashDomain, type HashPrefix, hashEncoded, hashPrefix, murmur3 } from './hash.js';
import { PolicyError } from './policy-error.js';
import { encodeUtf8 } from './utf8.js';

/** What a draw needs and no request changes: the hash state behind the salt, and the seeds of the arms. */
export interface Drawer {
  readonly prefix: HashPrefix;
  /** The arms' positions in the caller's order, by code point of their ids. */
  readonly order: readonly number[];
  /** First and second seed of each arm, in that order, as signed words: a, c, a, c, ... */
  readonly seeds: Int32Array;
}

const UNIT = 2 ** -52;
const words = new Int32Array(4);

/**
 * Prepares the draw among arms. The seeds (a, c) of an arm are the first two words of murmur3_x86_128, seed 0, over the
 * bytes utf8("arm" NUL id) alone, without prefix or padding.
 *
 * @param domain the stage that draws: `draw` for arms
 * @param salt the experiment's salt
 * @param arms the arms' ids, in the order of the weights that {@link draw} will be given; any order gives the same arm
 * @returns a value to keep; making it costs about a microsecond per arm
 * @throws PolicyError ARM_SEEDS_EQUAL, also for an id that occurs twice
 * @example
 * draw(prepareDraw('draw', 'checkout-button', ['blue', 'green']), [0.5, 0.5], 'u-1') // => 0
 */
export function prepareDraw(domain: HashDomain, salt: string, arms: readonly string[]): Drawer {
  const order = arms.map((_, k) => k).sort((i, j) => compareCodePoints(arms[i]!, arms[j]!));
  const seeds = new Int32Array(2 * arms.length);
  const seen = new Map<string, string>();
  order.forEach((k, i) => {
    const id = arms[k]!;
    const [a, c] = murmur3(`arm\0${id}`);
    const other = seen.get(`${a} ${c}`);
    if (other !== undefined) throw new PolicyError('ARM_SEEDS_EQUAL', JSON.stringify([other, id]));
    seen.set(`${a} ${c}`, id);
    seeds[2 * i] = a;
    seeds[2 * i + 1] = c;
  });
  return Object.freeze({ prefix: hashPrefix(domain, salt), order: Object.freeze(order), seeds });
}

/**
 * Draws an arm by an exponential race (weighted rendezvous hashing): arm k is drawn with probability p_k, the same key
 * always draws the same arm, and a change of p moves few keys ({@link changedShare}).
 *
 * (h1, h2) = the first two words of murmur3_x86_128 over prefix and key. For each arm with p > 0:
 * v = fmix32(h2 ^ c), x = fmix32(h1 ^ a ^ v), y = fmix32(((x + v) mod 2^32) ^ 0x9e3779b9) >>> 12,
 * u = (x 2^20 + y + 1/2) 2^-52, with x unsigned. The smallest -ln(u) / p wins; a tie goes to the lower id.
 * The probabilities are exact to sqrt(p (1 - p)) 2^-32.
 *
 * @param drawer from {@link prepareDraw}
 * @param weights one probability per arm, in the order of the ids given there; only their ratios matter
 * @param key what is randomised: see {@link drawKey} for a unit inside a period
 * @returns the index of the arm in the caller's order; -1 where no weight is above 0
 * @example
 * draw(prepareDraw('draw', 'checkout-button', ['blue', 'green']), [0, 0], 'u-1') // => -1
 */
export function draw(drawer: Drawer, weights: readonly number[], key: string): number {
  return drawEncoded(drawer, weights, encodeUtf8(key));
}

/** The same for the key that was written last, of `length` bytes. */
export function drawEncoded(drawer: Drawer, weights: readonly number[], length: number): number {
  const { order, seeds } = drawer;
  hashEncoded(drawer.prefix, length, words);
  const h1 = words[0]!;
  const h2 = words[1]!;
  let arm = -1;
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < order.length; i++) {
    const k = order[i]!;
    const p = weights[k]!;
    if (!(p > 0)) continue;
    const v = fmix32(h2 ^ seeds[2 * i + 1]!);
    const x = fmix32(h1 ^ seeds[2 * i]! ^ v);
    const y = fmix32((x + v) ^ 0x9e3779b9) >>> 12;
    const u = ((x >>> 0) * 0x100000 + y + 0.5) * UNIT;
    // -ln(u) > 1 - u: an arm that loses by this bound loses anyway, and its logarithm is spared.
    if (1 - u > best * p) continue;
    const score = -Math.log(u) / p;
    if (score < best || arm < 0) {
      best = score;
      arm = k;
    }
  }
  return arm;
}

/** What {@link drawKey} puts behind a unit. */
export function periodSuffix(period: number): string {
  return `\0${period}`;
}

/**
 * The key of a unit inside a period: the unit, NUL, and the period's index in decimal. A unit keeps its arm while the
 * period and the weights stand still, and is drawn afresh in the next period.
 *
 * @param unit the unit's id
 * @param period the period's index, an integer, from the snapshot
 * @example
 * drawKey('u-1', 20563) // => 'u-1\u000020563'
 */
export function drawKey(unit: string, period: number): string {
  return unit + periodSuffix(period);
}
