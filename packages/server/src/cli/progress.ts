import type { Terminal } from './terminal.js';

/** Told while something takes its time. */
export interface Progress {
  /** What to say now; shown once a second has passed, and then not too often. */
  tell(text: string): void;
  /** Clears the line. */
  end(): void;
}

const PATIENCE_MS = 1000;
const LIVE_MS = 100;
const LOGGED_MS = 5000;

/** Progress on standard error: a line that moves where a person looks, a line every five seconds elsewhere. */
export function progress(terminal: Terminal): Progress {
  const { dim } = terminal.errorColours;
  let next = terminal.now() + PATIENCE_MS;
  let shown = false;
  return {
    tell(text) {
      const now = terminal.now();
      if (now < next) return;
      next = now + (terminal.live ? LIVE_MS : LOGGED_MS);
      if (terminal.live) terminal.status(dim(text));
      else terminal.err(text);
      shown = true;
    },
    end() {
      if (shown && terminal.live) terminal.status('');
    },
  };
}
