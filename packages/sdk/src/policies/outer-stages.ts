import { type HashDomain, type HashPrefix, hashEncoded, hashPrefix } from './hash.js';
import { encodeUtf8 } from './utf8.js';

/** Units that an experiment keeps away from: they get the control arm. */
export interface Holdout {
  /** Experiments that name the same holdout keep away from the same units. Without a name it is the experiment's own. */
  readonly name?: string;
  /** Share of units, in [0, 1). */
  readonly share: number;
}

/** The part of a layer that an experiment takes: experiments with disjoint slots of one layer never share a unit. */
export interface Layer {
  readonly name: string;
  /** From (inclusive) and to (exclusive), 0 <= from < to <= 1. */
  readonly slot: readonly [from: number, to: number];
}

/** The stages before an experiment's draw. An absent stage lets everybody pass. */
export interface StageShares {
  readonly holdout?: Holdout;
  readonly layer?: Layer;
  /** Share of units that takes part, in (0, 1]. */
  readonly traffic?: number;
}

/** The stages in the order in which a key meets them. */
export type Stage = 'holdout' | 'layer' | 'traffic';

/** What the stages do with a key, by probability: the three sum to 1. */
export interface StageOdds {
  readonly holdout: number;
  /** Outside the layer's slot, or not in the traffic. */
  readonly excluded: number;
  /** Reaches the draw. */
  readonly drawn: number;
}

/** One stage, ready to be met: keys with from <= u < to pass. */
export interface Gate {
  readonly stage: Stage;
  readonly prefix: HashPrefix;
  readonly from: number;
  readonly to: number;
}

const words = new Int32Array(4);

/** A product without the dust of its multiplication: 15 significant digits. */
const tidy = (product: number): number => Number(product.toPrecision(15));

/** The difference of two shares of at most nine decimals, as the double that is nearest to its decimals. */
const minus = (a: number, b: number): number => Math.round((a - b) * 1e9) / 1e9;

/**
 * The number in (0, 1) by which a stage judges a key: u = (h1 2^20 + floor(h2 / 2^12) + 1/2) 2^-52, with (h1, h2) the
 * first two words, unsigned, of murmur3_x86_128 over prefix and key. Exact in a double.
 *
 * @param prefix of the stage: its domain, and the name of the layer or the holdout, or the experiment's salt
 * @param key the unit; where there is none, what is drawn by
 * @example
 * stageUniform(hashPrefix('layer', 'ranking'), 'u-1') // => 0.2275897584122083
 */
export function stageUniform(prefix: HashPrefix, key: string): number {
  return uniformEncoded(prefix, encodeUtf8(key));
}

function uniformEncoded(prefix: HashPrefix, length: number): number {
  hashEncoded(prefix, length, words);
  return ((words[0]! >>> 0) * 0x100000 + (words[1]! >>> 12) + 0.5) * 2 ** -52;
}

/**
 * The stages of an experiment in their order, holdout, layer, traffic; those that stop nobody are left out.
 *
 * Each stage has its own hash domain, so that what one does says nothing about another or about the arm. A holdout and
 * a layer are hashed with their name, alike for every experiment in them; traffic and a holdout without a name with
 * the experiment's salt.
 *
 * @param salt the experiment's
 * @example
 * prepareStages('checkout', { holdout: { share: 0 }, traffic: 0.5 }).map(({ stage }) => stage) // => ['traffic']
 */
export function prepareStages(salt: string, { holdout, layer, traffic = 1 }: StageShares): readonly Gate[] {
  const gates: Gate[] = [];
  const add = (stage: Stage & HashDomain, by: string, from: number, to: number): void => {
    if (from > 0 || to < 1) gates.push({ stage, prefix: hashPrefix(stage, by), from, to });
  };
  if (holdout !== undefined) add('holdout', holdout.name ?? salt, holdout.share, 1);
  if (layer !== undefined) add('layer', layer.name, layer.slot[0], layer.slot[1]);
  add('traffic', salt, 0, traffic);
  return gates;
}

/**
 * The first stage that stops a key; undefined for a key that reaches the draw. Allocates nothing.
 *
 * @param gates from {@link prepareStages}
 * @param key the unit; where there is none, what is drawn by. Never with a period: who takes part stays the same
 * @example
 * stoppedAt(prepareStages('checkout', { layer: { name: 'ranking', slot: [0.7, 1] } }), 'u-1') // => 'layer'
 */
export function stoppedAt(gates: readonly Gate[], key: string): Stage | undefined {
  return stoppedEncoded(gates, encodeUtf8(key));
}

/** The same for the key that was written last, of `length` bytes. */
export function stoppedEncoded(gates: readonly Gate[], length: number): Stage | undefined {
  for (let i = 0; i < gates.length; i++) {
    const { stage, prefix, from, to } = gates[i]!;
    const u = uniformEncoded(prefix, length);
    if (u < from || u >= to) return stage;
  }
  return undefined;
}

/**
 * What the stages do, by probability: held out h, excluded (1 - h)(1 - s t), drawn (1 - h) s t, with s the width of
 * the slot and t the traffic; products to 15 significant digits. A decision logs the one that happened to it as `outer`.
 *
 * @param shares of at most nine decimals each
 * @example
 * stageOdds({ holdout: { share: 0.2 }, layer: { name: 'ranking', slot: [0.5, 1] } }) // => { holdout: 0.2, excluded: 0.4, drawn: 0.4 }
 */
export function stageOdds({ holdout, layer, traffic = 1 }: StageShares): StageOdds {
  const held = holdout?.share ?? 0;
  const within = (layer === undefined ? 1 : minus(layer.slot[1], layer.slot[0])) * traffic;
  const kept = minus(1, held);
  return { holdout: held, excluded: tidy(kept * (1 - within)), drawn: tidy(kept * within) };
}
