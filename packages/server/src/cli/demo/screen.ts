import type { Terminal } from '../terminal.js';
import { type Moment, renderLine, renderMoment } from './view.js';

/** Where the demo's moments are shown. */
export interface Screen {
  show(moment: Moment): Promise<void>;
  /** Shows a last moment, which stays. */
  leave(moment: Moment): Promise<void>;
}

/** A picture that moves where a person looks; elsewhere a line for each sixth of the run. */
export function createScreen(terminal: Terminal, everyMs: number): Screen {
  return terminal.interactive ? movingScreen(terminal) : printedScreen(terminal, everyMs);
}

function movingScreen(terminal: Terminal): Screen {
  let drawn = 0;
  const draw = async (moment: Moment): Promise<void> => {
    const lines = renderMoment(moment, terminal.colours, terminal.columns);
    const up = drawn === 0 ? '' : `\x1b[${drawn}A`;
    drawn = lines.length;
    await terminal.write(`${up}${lines.map((line) => `\x1b[2K${line}\n`).join('')}`);
  };
  return { show: draw, leave: draw };
}

function printedScreen(terminal: Terminal, everyMs: number): Screen {
  let next = everyMs;
  return {
    async show(moment) {
      if (moment.elapsedMs < next) return;
      next = moment.elapsedMs + everyMs;
      terminal.out(renderLine(moment));
    },
    async leave(moment) {
      for (const line of renderMoment(moment, terminal.colours, terminal.columns)) terminal.out(line);
    },
  };
}
