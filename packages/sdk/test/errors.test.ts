import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { BROWSER_ERRORS } from '../src/browser/browser-errors.js';
import { TOKEN_INVALID } from '../src/client-errors.js';
import {
  ArmatureError,
  CLIENT_ERRORS,
  clientError,
  ERRORS,
  isArmatureError,
  PROTOCOL_ERRORS,
  protocolError,
} from '../src/errors.js';
import { STICKY_ERRORS } from '../src/sticky/sticky-errors.js';

test('the message says what, got and do, and callers branch on fields', () => {
  const cause = new Error('below');
  const error = protocolError('UNKNOWN_ARM', { got: '"larg"', todo: 'known: small, large', cause });
  expect(error.message).toBe('the experiment has no such arm, got "larg", known: small, large');
  expect(error).toMatchObject({
    code: 'UNKNOWN_ARM',
    retryable: false,
    got: '"larg"',
    todo: 'known: small, large',
    cause,
  });
  expect(clientError(TOKEN_INVALID)).toMatchObject({ code: 'TOKEN_INVALID', todo: CLIENT_ERRORS.TOKEN_INVALID.do });
});

test('an error of another realm or of another copy of the package is recognised, and nothing else is', () => {
  const brand = Symbol.for('armature.error');
  const foreign: unknown = runInNewContext('Object.assign(new Error("x"), { [brand]: true })', { brand });
  expect(foreign).not.toBeInstanceOf(Error);
  expect(isArmatureError(foreign)).toBe(true);
  expect(isArmatureError(new ArmatureError('MINE', { what: 'a', do: 'b', retryable: true }))).toBe(true);
  for (const other of [new Error('x'), { code: 'REQUIRED' }, null, undefined, 'REQUIRED'])
    expect(isArmatureError(other)).toBe(false);
});

test('no code stands in both tables, and every row says what and what to do', () => {
  const codes = [CLIENT_ERRORS, PROTOCOL_ERRORS, STICKY_ERRORS, BROWSER_ERRORS].flatMap(Object.keys);
  expect(new Set(codes).size).toBe(codes.length);
  expect(Object.keys(ERRORS)).toEqual(codes);
  for (const [code, row] of Object.entries(ERRORS)) {
    expect(code).toMatch(/^[A-Z][A-Z0-9_]+$/);
    expect(row.what.length).toBeGreaterThan(5);
    expect(row.do.length).toBeGreaterThan(5);
  }
});
