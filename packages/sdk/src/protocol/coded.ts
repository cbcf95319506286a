import type { z } from 'zod';
import type { ProtocolErrorCode } from '../errors.js';
import { show } from './show.js';

/** One fault of a value that came over the wire: where (JSON pointer), the code of the error table, and what. */
export interface WireFault {
  readonly pointer: string;
  readonly code: ProtocolErrorCode;
  readonly detail: string;
}

type Rendering = (input: unknown) => string;

/**
 * The error option of a zod schema whose issues carry a code of the error table: the message is the code, a space, and
 * what is wrong. wireFaults takes the two apart.
 */
export function coded(
  code: ProtocolErrorCode,
  what: Rendering,
): { readonly error: (issue: { input?: unknown }) => string } {
  return {
    error: ({ input }) => (input === undefined ? 'REQUIRED is missing' : `${code} ${what(input)}`),
  };
}

const MESSAGE = /^([A-Z][A-Z0-9_]+) ([\s\S]*)$/;

/** A JSON pointer (RFC 6901). */
export function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** The last step of a path, as a sentence begins with it: `arm`, `weights[0]`. */
function nameOf(path: readonly PropertyKey[]): string {
  const last = path.at(-1);
  if (last === undefined) return 'the value';
  return typeof last === 'number' ? `${String(path.at(-2) ?? '')}[${last}]` : String(last);
}

function faultOf(issue: z.core.$ZodIssue, base: string): WireFault {
  const inner = issue.code === 'invalid_key' ? issue.issues[0] : undefined;
  const message = MESSAGE.exec(inner?.message ?? issue.message);
  const name = nameOf(issue.path);
  const pointer = base + pointerOf(issue.path);
  if (message !== null) {
    return { pointer, code: message[1] as ProtocolErrorCode, detail: `${name} ${message[2]}` };
  }
  if (issue.code === 'invalid_type' && issue.input === undefined) {
    return { pointer, code: 'REQUIRED', detail: `${name} is missing` };
  }
  const expected =
    'expected' in issue ? `not ${issue.expected === 'record' ? 'an object' : issue.expected}` : issue.message;
  return { pointer, code: 'TYPE_INVALID', detail: `${name} is ${show(issue.input)}, ${expected}` };
}

/** The coded faults of a failed parse, at most 32. The parse must have been made with `reportInput: true`. */
export function wireFaults(issues: readonly z.core.$ZodIssue[], base = ''): readonly WireFault[] {
  return issues.slice(0, 32).map((issue) => faultOf(issue, base));
}
