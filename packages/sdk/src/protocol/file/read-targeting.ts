import { type Condition, OPERATORS, type Operator, type Override, type Scalar } from '../experiment.js';
import { idFault } from '../id.js';
import { show } from '../show.js';
import { type Cursor, complain, fields, got, items, readBoolean, readName, readOneOf, readText } from './cursor.js';
import { type ArmInFile, readArmName } from './read-arms.js';

const CONDITION_HINTS = {
  unit: 'write { attribute: unit, op: is, value: … }',
  key: 'did you mean attribute?',
  field: 'did you mean attribute?',
  operator: 'did you mean op?',
  values: 'write op: in and value: [..]',
};

/** Words of other tools. None of the operators is a regular expression: one can take a minute on thirty characters. */
const OTHER_OPERATORS: { readonly [word: string]: string } = {
  matches: 'use starts, ends, contains or in',
  regex: 'use starts, ends, contains or in',
  regexp: 'use starts, ends, contains or in',
  match: 'use starts, ends, contains or in',
  '=': 'write is',
  '==': 'write is',
  eq: 'write is',
  equals: 'write is',
  '!=': 'write not',
  neq: 'write not',
  '>': 'write gt',
  '>=': 'write gte',
  '<': 'write lt',
  '<=': 'write lte',
  startsWith: 'write starts',
  endsWith: 'write ends',
  not_in: 'write notIn',
};

const MAX_VALUES = 1000;

function readOperator(cursor: Cursor): Operator | undefined {
  const { tree } = cursor;
  const word = tree.kind === 'scalar' ? String(tree.value) : '';
  if (!Object.hasOwn(OTHER_OPERATORS, word)) return readOneOf(cursor, OPERATORS, 'operator');
  return complain(cursor, 'unknown operator', { got: got(tree), todo: OTHER_OPERATORS[word]! });
}

function readScalar(cursor: Cursor): Scalar | undefined {
  const { tree } = cursor;
  const value = tree.kind === 'scalar' ? tree.value : null;
  const fits = value !== null && (typeof value !== 'number' || Number.isFinite(value));
  return fits ? value : complain(cursor, 'a text, a number or true or false is needed', { got: got(tree) });
}

function readList(cursor: Cursor): readonly Scalar[] | undefined {
  const list = items(cursor, 'values');
  if (cursor.tree.kind !== 'list') return undefined;
  if (list.length === 0 || list.length > MAX_VALUES) {
    return complain(cursor, `1 to ${MAX_VALUES} values are needed`, { got: String(list.length) });
  }
  const values = list.map(readScalar);
  return values.every((value) => value !== undefined) ? values : undefined;
}

/** What an operator compares with: a list, a number, a text, or anything. */
function readValue(cursor: Cursor, op: Operator): Condition['value'] | undefined {
  if (op === 'in' || op === 'notIn') return readList(cursor);
  if (op === 'exists') return readBoolean(cursor);
  const value = readScalar(cursor);
  if (value === undefined) return undefined;
  const needed = ['gt', 'gte', 'lt', 'lte'].includes(op)
    ? 'number'
    : ['starts', 'ends', 'contains'].includes(op)
      ? 'string'
      : '';
  if (needed === '' || typeof value === needed) return value;
  return complain(cursor, `${op} compares with a ${needed === 'string' ? 'text' : needed}`, { got: got(cursor.tree) });
}

function readAttribute(cursor: Cursor): string | undefined {
  const text = readText(cursor, 'the name of an attribute');
  if (text === undefined) return undefined;
  const fault = text in Object.prototype ? 'is reserved' : idFault(text);
  return fault === undefined ? text : complain(cursor, `an attribute whose name ${fault}`, { got: show(text) });
}

function readCondition(cursor: Cursor): Condition | undefined {
  const get = fields(cursor, ['attribute', 'op', 'value'], CONDITION_HINTS);
  if (cursor.tree.kind !== 'map') return undefined;
  const at = { attribute: get('attribute'), op: get('op'), value: get('value') };
  const attribute = at.attribute && readAttribute(at.attribute);
  const op = at.op && readOperator(at.op);
  const missing = at.attribute ? (at.op ? (at.value || op === 'exists' ? undefined : 'value') : 'op') : 'attribute';
  if (missing !== undefined) {
    return complain(cursor, `a condition without ${missing}`, {
      todo: 'write { attribute: country, op: is, value: NL }',
    });
  }
  const value = op && (at.value ? readValue(at.value, op) : true);
  if (attribute === undefined || op === undefined || value === undefined) return undefined;
  return { attribute, op, value };
}

/** Conditions that must all hold: a list, or one alone. */
export function readConditions(cursor: Cursor): readonly Condition[] {
  const list = cursor.tree.kind === 'map' ? [cursor] : items(cursor, 'conditions');
  return list.map(readCondition).filter((condition) => condition !== undefined);
}

/** A unit's id: a text, since 12 and "12" would be two units. */
function readUnit(cursor: Cursor): string | undefined {
  const text = readText(cursor, 'the id of a unit');
  if (text === undefined) return undefined;
  const fault = idFault(text);
  return fault === undefined ? text : complain(cursor, `an id that ${fault}`, { got: show(text) });
}

function readWho(cursor: Cursor, unit?: Cursor, units?: Cursor, when?: Cursor): readonly Condition[] | undefined {
  const given = [unit, units, when].filter((at) => at !== undefined);
  if (given.length !== 1) {
    const what = given.length === 0 ? 'an override for nobody' : 'an override with more than one of unit, units and if';
    return complain(cursor, what, {
      todo: 'write { unit: u-1, arm: … }, { units: [..], arm: … } or { if: [..], arm: … }',
    });
  }
  if (when) return readConditions(when);
  if (unit) {
    const value = readUnit(unit);
    return value === undefined ? undefined : [{ attribute: 'unit', op: 'is', value }];
  }
  const values = items(units!, 'ids of units').map(readUnit);
  if (values.length === 0) return complain(units!, 'an override for nobody', { got: got(units!.tree) });
  return [{ attribute: 'unit', op: 'in', value: values.filter((value) => value !== undefined) }];
}

/** Overrides: who always gets which arm, not randomised. The first that holds serves. */
export function readOverrides(cursor: Cursor, arms: readonly ArmInFile[]): readonly Override[] {
  const overrides: Override[] = [];
  const ids = new Set(['policy']);
  for (const [i, item] of items(cursor, 'overrides').entries()) {
    const get = fields(item, ['id', 'if', 'unit', 'units', 'arm']);
    if (item.tree.kind !== 'map') continue;
    const idAt = get('id');
    const id = idAt ? readName(idAt, 'the id of an override') : `override-${i + 1}`;
    const armAt = get('arm');
    const arm = armAt ? readArmName(armAt, arms) : complain(item, 'an override without an arm', { todo: 'add arm:' });
    const who = readWho(item, get('unit'), get('units'), get('if'));
    if (id !== undefined && ids.has(id)) {
      complain(idAt ?? item, id === 'policy' ? 'the rule policy is the experiment itself' : 'the same id twice', {
        got: show(id),
      });
    } else if (id !== undefined && arm !== undefined && who !== undefined) overrides.push({ id, if: who, arm });
    if (id !== undefined) ids.add(id);
  }
  return overrides;
}
