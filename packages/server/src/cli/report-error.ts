import { isArmatureError } from '@armature/sdk';
import { cliError } from './cli-errors.js';
import { plainText } from './plain-text.js';
import type { Terminal } from './terminal.js';

interface Coded {
  readonly code: string;
  readonly message: string;
}

/** Errors of the packages carry a code of a table; those of the system (ENOENT) are nobody's advice. */
function isCoded(cause: unknown): cause is Error & Coded {
  if (isArmatureError(cause)) return true;
  const code = (cause as { readonly code?: unknown } | null)?.code;
  return (
    cause instanceof Error && typeof code === 'string' && /^[A-Z]+(_[A-Z0-9]+)+$/.test(code) && !/^ERR_/.test(code)
  );
}

/** A failure of the file system that no command turned into its own words. */
function fromSystem(cause: unknown): Coded | undefined {
  const { code, path, syscall } = (cause ?? {}) as NodeJS.ErrnoException;
  if (!(cause instanceof Error) || syscall === undefined || path === undefined) return undefined;
  return cliError('FILE_UNREADABLE', { got: `${path}: ${code}` });
}

/** What nobody foresaw, on one line. */
function unexpected(cause: unknown, debug: boolean): Coded {
  const [got = ''] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
  return cliError('UNEXPECTED', debug ? { got, todo: 'report it with the details below' } : { got });
}

/** Tells a failure: code, what, got and do for what was foreseen; one line, and how to learn more, for the rest. */
export function reportError(cause: unknown, terminal: Terminal): void {
  const { red, bold } = terminal.errorColours;
  const { code, message } = fromSystem(cause) ?? (isCoded(cause) ? cause : unexpected(cause, terminal.debug));
  const lines = message.replace(`${code}: `, '').split('\n').map(plainText);
  terminal.err(`${red(bold(code))}: ${lines.join('\n')}`);
  if (terminal.debug && cause instanceof Error) terminal.err(String(cause.stack));
}
