import type { JsonValue } from '../experiment.js';
import { nearest } from '../nearest.js';
import { show } from '../show.js';
import {
  below,
  type Cursor,
  complain,
  fields,
  got,
  items,
  readBoolean,
  readKey,
  readName,
  readText,
} from './cursor.js';
import { isPercentage, readNumber, readShare } from './quantities.js';
import { readJson } from './read-json.js';

/** An arm as the file has it. */
export interface ArmInFile {
  readonly id: string;
  readonly value: JsonValue;
  /** Where the file gives none: 1, or what the rollout says. */
  readonly weight?: number;
  readonly percent: boolean;
  readonly off: boolean;
  readonly backend?: string;
}

export const MAX_ARMS = 100;

const ARM_HINTS = {
  name: 'the key is the name',
  id: 'the key is the name',
  url: 'did you mean backend?',
  traffic: 'did you mean weight?',
  share: 'did you mean weight?',
  version: 'put it inside value',
};

/** Addresses of cloud metadata services: link-local, also inside IPv6. */
const LINK_LOCAL = /^(169\.254\.|\[fe[89ab]|\[::ffff:a9fe:)/i;

function readBackend(cursor: Cursor): string | undefined {
  const text = readText(cursor, 'the URL of a backend', 2048);
  if (text === undefined) return undefined;
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return complain(cursor, 'no URL', { got: show(text), todo: 'write http://host:port/path' });
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    return complain(cursor, 'a backend that is not http or https', { got: show(url.protocol) });
  }
  if (url.username !== '' || url.password !== '') {
    return complain(cursor, 'a backend with a password in its URL', { todo: 'keep secrets out of files' });
  }
  const written = /^https?:\/\/(\[[^\]]*\]|[^/:?#]*)/i.exec(text)?.[1]?.toLowerCase();
  if (written !== url.hostname) {
    return complain(cursor, 'a host in an unusual form', { got: show(written ?? text), todo: `write ${url.hostname}` });
  }
  if (!LINK_LOCAL.test(url.hostname)) return text;
  return complain(cursor, 'a link-local address', { got: show(url.hostname), todo: 'name a host of yours' });
}

function readWeight(cursor: Cursor): number | undefined {
  return isPercentage(cursor) ? readShare(cursor) : readNumber(cursor, 0);
}

function readArm(cursor: Cursor, id: string): ArmInFile {
  const { tree } = cursor;
  const plain: ArmInFile = { id, value: id, percent: false, off: false };
  if (tree.kind === 'scalar' && tree.value === null) return plain;
  if (tree.kind !== 'map') {
    const todo = isPercentage(cursor) ? `write { weight: ${got(tree).replaceAll('"', '')} }` : 'write { value: … }';
    complain(cursor, 'an arm is a map', { got: got(tree), todo });
    return plain;
  }
  const get = fields(cursor, ['value', 'weight', 'backend', 'off'], ARM_HINTS);
  const written = tree.entries.find((entry) => entry.key === 'value')?.value;
  const value = written === undefined ? id : readJson(below(cursor, 'value', written));
  const weightAt = get('weight');
  const weight = weightAt && readWeight(weightAt);
  const backendAt = get('backend');
  const backend = backendAt && readBackend(backendAt);
  const offAt = get('off');
  return {
    id,
    value: value ?? null,
    ...(weight === undefined ? {} : { weight }),
    percent: weightAt !== undefined && isPercentage(weightAt),
    off: (offAt && readBoolean(offAt)) ?? false,
    ...(backend === undefined ? {} : { backend }),
  };
}

function checkShares(cursor: Cursor, arms: readonly ArmInFile[]): void {
  const shares = arms.filter((arm) => arm.percent);
  if (shares.length === 0) {
    const none = arms.length > 0 && arms.every((arm) => arm.weight === 0);
    if (none) complain(cursor, 'no arm has a weight', { todo: 'give one of them a weight above 0' });
    return;
  }
  const missing = arms.find((arm) => !arm.percent);
  if (missing !== undefined) {
    complain(cursor, 'some weights are percentages and some are not', {
      got: missing.id,
      todo: 'write all as percentages',
    });
    return;
  }
  const sum = arms.reduce((total, arm) => total + (arm.weight ?? 0), 0);
  if (Math.abs(sum - 1) <= 1e-9) return;
  const percent = Number((sum * 100).toPrecision(9));
  complain(cursor, 'the shares do not sum to 100%', {
    got: `${percent}%`,
    todo: 'correct one, or write weights without %',
  });
}

/** The arms in the order of the file: a list of names, or a map from names to { value, weight, backend, off }. */
export function readArms(cursor: Cursor): readonly ArmInFile[] {
  const { tree } = cursor;
  const written = tree.kind === 'map' ? tree.entries.length : tree.kind === 'list' ? tree.items.length : 2;
  if (written < 2) complain(cursor, 'an experiment has at least two arms', { got: String(written) });
  if (written > MAX_ARMS) complain(cursor, `an experiment has at most ${MAX_ARMS} arms`, { got: String(written) });
  const arms: ArmInFile[] = [];
  const add = (arm: ArmInFile, at: Cursor): void => {
    if (!arms.some((other) => other.id === arm.id)) arms.push(arm);
    else complain(at, 'the same arm twice', { got: show(arm.id), todo: 'keep one of them' });
  };
  if (tree.kind === 'map') {
    for (const { key, keyTree, value } of tree.entries.slice(0, MAX_ARMS)) {
      const at = below(cursor, key, value);
      const id = readKey(at, keyTree, 'an arm');
      if (id !== undefined) add(readArm(at, id), { ...at, tree: keyTree });
    }
  } else {
    for (const item of items(cursor, 'arms').slice(0, MAX_ARMS)) {
      const id = readName(item, 'an arm');
      if (id !== undefined) add({ id, value: id, percent: false, off: false }, item);
    }
  }
  checkShares(cursor, arms);
  return arms;
}

/** The name of an arm that the experiment has. */
export function readArmName(cursor: Cursor, arms: readonly ArmInFile[]): string | undefined {
  const name = readText(cursor, 'an arm');
  if (name === undefined) return undefined;
  const known = arms.map((arm) => arm.id);
  if (known.includes(name)) return name;
  const near = nearest(name, known);
  const todo = near === undefined ? `known: ${known.join(', ')}` : `did you mean ${near}?`;
  return complain(cursor, 'unknown arm', { got: show(name), todo });
}
