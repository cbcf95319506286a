import { protocolError } from '../errors.js';
import { hex, sha256 } from './sha256.js';
import { isWellFormed } from './well-formed.js';

const MAX_DEPTH = 64;

const refuse = (path: string, got: string): never => {
  throw protocolError('NOT_CANONICAL', { got: `${got} at ${path === '' ? 'the top' : path}` });
};

function textOf(value: string, path: string): string {
  return isWellFormed(value) ? JSON.stringify(value) : refuse(path, 'a lone surrogate');
}

function objectOf(value: object, path: string, depth: number): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    return refuse(path, `an instance of ${String(value.constructor?.name)}`);
  }
  const members: string[] = [];
  for (const key of Object.keys(value).sort()) {
    const member = (value as { readonly [key: string]: unknown })[key];
    if (member === undefined) continue;
    members.push(`${textOf(key, path)}:${write(member, `${path}/${key}`, depth + 1)}`);
  }
  return `{${members.join(',')}}`;
}

function write(value: unknown, path: string, depth: number): string {
  if (depth > MAX_DEPTH) return refuse(path, `more than ${MAX_DEPTH} levels`);
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return Number.isFinite(value) ? JSON.stringify(value) : refuse(path, String(value));
  if (typeof value === 'string') return textOf(value, path);
  if (typeof value !== 'object') return refuse(path, `a value of type ${typeof value}`);
  if (!Array.isArray(value)) return objectOf(value, path, depth);
  const items: string[] = [];
  for (let i = 0; i < value.length; i += 1) items.push(write(value[i], `${path}/${i}`, depth + 1));
  return `[${items.join(',')}]`;
}

/**
 * The one text of a JSON value: members sorted by UTF-16 code unit, no white space, numbers as ECMAScript prints them,
 * -0 as 0. Members that are `undefined` are left out.
 *
 * @param value null, boolean, finite number, well-formed string, array or plain object, at most 64 levels deep
 * @throws NOT_CANONICAL for anything else, naming where
 * @see RFC 8785
 * @example
 * canonicalJson({ b: 1, a: [true, null] }) // => '{"a":[true,null],"b":1}'
 */
export function canonicalJson(value: unknown): string {
  return write(value, '', 0);
}

/**
 * Content hash: "sha256:" and the SHA-256 of the canonical JSON, in hexadecimal.
 *
 * @throws NOT_CANONICAL as canonicalJson does
 * @example
 * contentHash({}).slice(0, 15) // => 'sha256:44136fa3'
 */
export function contentHash(value: unknown): string {
  return `sha256:${hex(sha256(canonicalJson(value)))}`;
}
