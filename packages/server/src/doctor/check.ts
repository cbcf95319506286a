/** `fault`: something does not work, or will be lost. `warning`: a promise holds only in part. */
export type Level = 'ok' | 'warning' | 'fault';

/** One line of what the doctor finds. */
export interface Check {
  /** What it is about: `node`, `kafka`, `topics`, `group`, `redis`, `state`, `directory`, `log`. */
  readonly part: string;
  readonly level: Level;
  readonly text: string;
  /** Code of the error that a server would tell, where there is one. */
  readonly code?: string;
  /** A command to paste; what begins with # is advice that no command gives. */
  readonly fix?: string;
}

export const ok = (part: string, text: string): Check => ({ part, level: 'ok', text });

export const warning = (part: string, text: string, fix: string): Check => ({ part, level: 'warning', text, fix });

export const fault = (part: string, text: string, fix: string, code?: string): Check => ({
  ...{ part, level: 'fault', text, fix },
  ...(code === undefined ? {} : { code }),
});

/** A failure of the table as a check. */
export function failure(part: string, cause: unknown, fix: string): Check {
  const { code, message = String(cause) } = (cause ?? {}) as { readonly code?: unknown; readonly message?: string };
  const [line = ''] = message.split('\n');
  return fault(part, line, fix, typeof code === 'string' ? code : undefined);
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/**
 * Bytes for people.
 *
 * @example
 * bytesText(1_572_864) // => '1.5 MiB'
 */
export function bytesText(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 2 ** (10 * power);
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[power]}`;
}

/**
 * A time for people.
 *
 * @example
 * timeText(90_000) // => '90 s'
 */
export function timeText(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return `${Math.round(ms / 1000)} s`;
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`;
  return ms < 172_800_000 ? `${Math.round(ms / 3_600_000)} h` : `${Math.round(ms / 86_400_000)} d`;
}

export const number = (value: number): string => value.toLocaleString('en');

export const plural = (count: number, what: string): string => `${number(count)} ${what}${count === 1 ? '' : 's'}`;
