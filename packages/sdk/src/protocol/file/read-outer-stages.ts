import type { Experiment } from '../experiment.js';
import { show } from '../show.js';
import { type Cursor, complain, type Fields, fields, got, items, readName } from './cursor.js';
import { readShare, type ShareLimits } from './quantities.js';

const LAYER_FORM = 'write { name: …, slot: [0%, 50%] }';
const LAYER_HINTS = { share: 'write slot: [0%, 50%]', range: 'write slot: [0%, 50%]', salt: 'a layer hashes its name' };

/** A share that a stage compares a hash with: at most nine decimals, so that it is the same number everywhere. */
function readStageShare(cursor: Cursor, limits: ShareLimits): number | undefined {
  const share = readShare(cursor, limits);
  if (share === undefined || Math.round(share * 1e9) / 1e9 === share) return share;
  return complain(cursor, 'a share of at most nine decimals is needed', { got: got(cursor.tree) });
}

function readSlot(cursor: Cursor): readonly [number, number] | undefined {
  const list = items(cursor, 'two shares');
  if (cursor.tree.kind !== 'list') return undefined;
  const [fromAt, toAt] = list;
  if (fromAt === undefined || toAt === undefined || list.length !== 2) {
    return complain(cursor, 'a slot goes from one share to another', { got: got(cursor.tree), todo: LAYER_FORM });
  }
  const from = readStageShare(fromAt, {});
  const to = readStageShare(toAt, { positive: true });
  if (from === undefined || to === undefined) return undefined;
  if (from < to) return [from, to];
  return complain(toAt, 'a slot ends after it begins', { got: got(toAt.tree), todo: LAYER_FORM });
}

/** The slot of a layer that an experiment takes. Where it lies is written, so that no other experiment moves it. */
function readLayer(cursor: Cursor): Experiment['layer'] {
  if (cursor.tree.kind !== 'map') {
    const { tree } = cursor;
    const name = tree.kind === 'scalar' && typeof tree.value === 'string' ? tree.value : undefined;
    const todo = name === undefined ? LAYER_FORM : `write { name: ${show(name).slice(1, -1)}, slot: [0%, 50%] }`;
    return complain(cursor, 'a layer needs a name and a slot', { got: got(tree), todo });
  }
  const get = fields(cursor, ['name', 'slot'], LAYER_HINTS);
  const at = { name: get('name'), slot: get('slot') };
  const missing = at.name === undefined ? 'name' : at.slot === undefined ? 'slot' : undefined;
  if (missing !== undefined) complain(cursor, `a layer without ${missing}`, { todo: LAYER_FORM });
  const name = at.name && readName(at.name, 'a layer');
  const slot = at.slot && readSlot(at.slot);
  return name === undefined || slot === undefined ? undefined : { name, slot };
}

/** A holdout: the share of units that the experiment keeps away from, or { name, share } for one that several share. */
function readHoldout(cursor: Cursor): Experiment['holdout'] {
  const limits = { max: 0.99 };
  if (cursor.tree.kind !== 'map') {
    const share = readStageShare(cursor, limits);
    return share === undefined ? undefined : { share };
  }
  const get = fields(cursor, ['name', 'share']);
  const at = { name: get('name'), share: get('share') };
  if (!at.share) complain(cursor, 'a holdout without a share', { todo: 'add share: 5%' });
  const name = at.name && readName(at.name, 'a holdout');
  const share = at.share && readStageShare(at.share, limits);
  if (share === undefined) return undefined;
  return name === undefined ? { share } : { name, share };
}

/** The stages before the draw: `holdout`, `layer`, `traffic`. */
export function readOuterStages(get: Fields): Pick<Experiment, 'traffic' | 'layer' | 'holdout'> {
  const at = { traffic: get('traffic'), layer: get('layer'), holdout: get('holdout') };
  const layer = at.layer && readLayer(at.layer);
  const holdout = at.holdout && readHoldout(at.holdout);
  return {
    traffic: (at.traffic && readStageShare(at.traffic, { positive: true })) ?? 1,
    ...(layer === undefined ? {} : { layer }),
    ...(holdout === undefined ? {} : { holdout }),
  };
}
