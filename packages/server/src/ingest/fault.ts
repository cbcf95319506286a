import type { WireFault } from '@armature/sdk/protocol';
import { SERVER_ERRORS, type ServerErrorCode } from '../errors.js';

/** Every code that the door may give an item: the protocol's, and the server's own. */
export type ItemCode = WireFault['code'] | ServerErrorCode | 'TOKEN_INVALID';

/** What is wrong with one item, and where in it (JSON pointer). */
export interface Fault {
  readonly code: ItemCode;
  readonly pointer: string;
  readonly detail: string;
}

/** A fault whose detail is followed by what to do about it: the given advice, else that of the server's table. */
export function fault(code: ItemCode, pointer: string, detail: string, advice?: string): Fault {
  const table: { readonly [code: string]: { readonly do: string } | undefined } = SERVER_ERRORS;
  const what = advice ?? table[code]?.do;
  return { code, pointer, detail: what === undefined ? detail : `${detail}; ${what}` };
}
