import type { JsonValue } from '../experiment.js';
import { show } from '../show.js';
import { below, type Cursor, complain, items, refuseNumber } from './cursor.js';

/**
 * Any JSON value: an arm's value, a gate. A number under a key `version` is refused, since YAML has turned 1.10 into
 * 1.1, and so are keys that reach a prototype and numbers that JSON does not have.
 */
export function readJson(cursor: Cursor): JsonValue | undefined {
  const { tree } = cursor;
  if (tree.kind === 'scalar') {
    if (typeof tree.value !== 'number' || Number.isFinite(tree.value)) return tree.value;
    return complain(cursor, 'a number that JSON does not have', { got: tree.source, todo: 'write a finite number' });
  }
  if (tree.kind === 'list') return items(cursor, 'values').map((item) => readJson(item) ?? null);
  const object: { [key: string]: JsonValue } = {};
  for (const { key, keyTree, value } of tree.entries) {
    const member = below(cursor, key, value);
    if (key === '__proto__') {
      complain(member, 'a reserved key', { got: show(key), todo: 'rename it', at: keyTree.at });
    } else if (!/(^|[_-])version$|[a-z]Version$/.test(key) || !refuseNumber(member, 'a version')) {
      object[key] = readJson(member) ?? null;
    }
  }
  return object;
}
