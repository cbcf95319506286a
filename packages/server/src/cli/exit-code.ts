/** What the process ends with. */
export const EXIT = {
  ok: 0,
  error: 1,
  /** There is something to change, where a command was asked to tell. */
  changes: 2,
  usage: 64,
  /** `serve` refuses its configuration: starting it again does not help. */
  refused: 78,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
