import type { ProtocolErrorCode } from '../errors.js';
import { show } from './show.js';

export type JsonFaultCode = Extract<ProtocolErrorCode, `JSON_${string}`>;

/** Why a body was refused, and at which character (0 is the first) where the engine tells. */
export interface JsonFault {
  readonly ok: false;
  readonly code: JsonFaultCode;
  readonly detail: string;
  readonly offset?: number;
}
export type ParsedJson = { readonly ok: true; readonly value: unknown } | JsonFault;

export interface JsonDoorOptions {
  /** Deepest nesting of arrays and objects, 1 to 64. @default 16 */
  readonly maxDepth?: number;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const refuse = (code: JsonFaultCode, offset: number, detail: string): JsonFault => ({
  ok: false,
  code,
  detail,
  offset,
});

/** Index of the quote that closes the string opened at `open`, or -1. */
function closingQuote(text: string, open: number): number {
  for (let end = text.indexOf('"', open + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let before = end - 1;
    while (text.charCodeAt(before) === BACKSLASH) before -= 1;
    if ((end - before) % 2 === 1) return end;
  }
  return -1;
}

/** The key between two quotes; escapes are read, since `"\u0061"` and `"a"` are the same key. */
function keyOf(text: string, open: number, end: number): string {
  const raw = text.slice(open + 1, end);
  if (!raw.includes('\\')) return raw;
  try {
    return JSON.parse(text.slice(open, end + 1)) as string;
  } catch {
    return raw;
  }
}

const isSpace = (code: number): boolean => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;

/**
 * Finds what JSON.parse lets pass: depth, the same key twice, keys that reach a prototype, and (for its own code) what
 * follows the value. It judges texts that are JSON; of the others JSON.parse has the last word.
 */
function scan(text: string, maxDepth: number): JsonFault | undefined {
  // One entry for each open container: the keys of an object so far, or null for an array.
  const open: (Set<string> | null)[] = [];
  const underConstructor: boolean[] = [];
  const spare: Set<string>[] = [];
  let expectsKey = false;
  let key = '';
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) {
      const end = closingQuote(text, i);
      if (end === -1) return refuse('JSON_INVALID', i, `the string at character ${i} has no end`);
      if (expectsKey) {
        key = keyOf(text, i, end);
        const reaches = key === '__proto__' || (key === 'prototype' && underConstructor[open.length - 1] === true);
        if (reaches) return refuse('JSON_FORBIDDEN_KEY', i, `the key ${show(key)} at character ${i} is not accepted`);
        const keys = open.at(-1)!;
        if (keys?.has(key))
          return refuse('JSON_DUPLICATE_KEY', i, `the key ${show(key)} at character ${i} is the second one`);
        keys?.add(key);
        expectsKey = false;
      }
      i = end;
    } else if (code === COMMA) {
      expectsKey = open.length > 0 && open.at(-1) !== null;
    } else if (code === 0x7b || code === 0x5b) {
      if (open.length >= maxDepth) return refuse('JSON_TOO_DEEP', i, `more than ${maxDepth} levels at character ${i}`);
      const object = code === 0x7b;
      underConstructor[open.length] = object && open.length > 0 && open.at(-1) !== null && key === 'constructor';
      open.push(object ? (spare.pop() ?? new Set()) : null);
      expectsKey = object;
    } else if (code === 0x7d || code === 0x5d) {
      const keys = open.pop();
      if (keys != null) {
        keys.clear();
        spare.push(keys);
      }
      expectsKey = false;
      if (open.length > 0) continue;
      let rest = i + 1;
      while (isSpace(text.charCodeAt(rest))) rest += 1;
      if (rest === text.length) return undefined;
      return refuse('JSON_TRAILING', rest, `something follows the value at character ${rest}`);
    }
  }
  return undefined;
}

/**
 * Reads the body of a request, strictly: UTF-8 without a byte order mark, one value and nothing after it, no key twice
 * in an object, no key that reaches a prototype, limited depth.
 *
 * @param body bytes, or a text that was decoded already
 * @returns the value, or a code of the error table with the character where it was met; never throws
 * @example
 * parseJsonStrict('{"reward":1,"reward":2}') // => { ok: false, code: 'JSON_DUPLICATE_KEY', detail: 'the key "reward" at character 12 is the second one', offset: 12 }
 */
export function parseJsonStrict(body: string | Uint8Array, options: JsonDoorOptions = {}): ParsedJson {
  let text: string;
  try {
    text = typeof body === 'string' ? body : decoder.decode(body);
  } catch {
    return refuse('JSON_UTF8', 0, 'the bytes are not UTF-8');
  }
  if (text.charCodeAt(0) === 0xfeff) return refuse('JSON_BOM', 0, 'the body begins with a byte order mark');
  if (text.trim() === '') return refuse('JSON_EMPTY', 0, 'the body is empty');
  const fault = scan(text, Math.min(options.maxDepth ?? 16, 64));
  if (fault !== undefined) return fault;
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    const at = /position (\d+)/.exec(String(error))?.[1];
    if (at !== undefined) return refuse('JSON_INVALID', Number(at), `not JSON at character ${at}`);
    return { ok: false, code: 'JSON_INVALID', detail: 'not JSON' };
  }
}
