import type { JsonValue } from '../experiment.js';
import { idFault } from '../id.js';
import { show } from '../show.js';
import { below, type Cursor, complain, type Fields, fields, got, items, readText } from './cursor.js';
import { readNumber } from './quantities.js';

const MAX_CATEGORIES = 256;

function readCategories(cursor: Cursor): JsonValue | undefined {
  const list = items(cursor, 'categories');
  if (cursor.tree.kind !== 'list') return undefined;
  if (list.length < 2 || list.length > MAX_CATEGORIES) {
    return complain(cursor, `a feature has 2 to ${MAX_CATEGORIES} categories`, { got: String(list.length) });
  }
  const names = list.map((item) => readText(item, 'a category', 128)).filter((name) => name !== undefined);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  return twice === undefined ? names : complain(cursor, 'the same category twice', { got: show(twice) });
}

function readNumeric(cursor: Cursor, get: Fields, rangeAt: Cursor): JsonValue | undefined {
  const ends = items(rangeAt, 'two numbers').map((end) => readNumber(end));
  const [low, high] = ends;
  if (ends.length !== 2 || low === undefined || high === undefined || low >= high) {
    return complain(rangeAt, 'a range has a low and a high end', { got: got(rangeAt.tree), todo: 'write [0, 120]' });
  }
  const periodAt = get('period');
  const period = periodAt && readNumber(periodAt, 0, true);
  const missingAt = get('missing');
  const missing = missingAt && readNumber(missingAt);
  if (get('values')) complain(cursor, 'a feature with both values and a range', { todo: 'keep one of them' });
  return {
    range: [low, high],
    ...(period === undefined ? {} : { period }),
    ...(missing === undefined ? {} : { missing }),
  };
}

function readFeature(cursor: Cursor): JsonValue | undefined {
  if (cursor.tree.kind === 'list') return readCategories(cursor);
  const get = fields(cursor, ['values', 'range', 'period', 'missing']);
  if (cursor.tree.kind !== 'map') return undefined;
  const rangeAt = get('range');
  if (rangeAt) return readNumeric(cursor, get, rangeAt);
  const valuesAt = get('values');
  if (!valuesAt)
    return complain(cursor, 'a feature without values or a range', { todo: 'write [a, b], or { range: [0, 1] }' });
  const values = readCategories(valuesAt);
  const missingAt = get('missing');
  const missing = missingAt && readText(missingAt, 'a category', 128);
  if (values === undefined) return undefined;
  return missing === undefined ? { values } : { values, missing };
}

/** What a contextual policy may look at: categories, or a range of numbers. */
export function readFeatures(cursor: Cursor): JsonValue | undefined {
  const { tree } = cursor;
  if (tree.kind !== 'map') return complain(cursor, 'a map from names to features is needed', { got: got(tree) });
  const features: { [name: string]: JsonValue } = {};
  for (const { key, keyTree, value } of tree.entries) {
    const member = below(cursor, key, value);
    const fault = key in Object.prototype ? 'is reserved' : idFault(key);
    if (fault !== undefined) {
      complain(member, `a feature whose name ${fault}`, { got: show(key), at: keyTree.at });
      continue;
    }
    features[key] = readFeature(member) ?? null;
  }
  return features;
}
