import type { Logger } from '../ports.js';

/** A logger that says nothing. */
export const silent: Logger = { info: () => {}, warn: () => {}, error: () => {} };

/** A logger of one JSON line for each event, to a sink such as standard error. */
export function jsonLogger(write: (line: string) => void, now: () => number): Logger {
  const line =
    (level: string) =>
    (event: string, fields: { readonly [name: string]: unknown } = {}): void =>
      write(`${JSON.stringify({ time: new Date(now()).toISOString(), level, event, ...fields })}\n`);
  return { info: line('info'), warn: line('warn'), error: line('error') };
}
