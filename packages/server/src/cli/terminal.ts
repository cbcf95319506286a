import pc from 'picocolors';
import type { ExitCode } from './exit-code.js';
import { type Prompts, promptsOn } from './prompts.js';

export type Colours = Pick<ReturnType<typeof pc.createColors>, 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'>;

/** The one way of the commands to the outside: standard output, standard error, the exit code and the clock. */
export interface Terminal {
  /** A line of standard output. */
  out(line: string): void;
  /** Text of standard output as it is; resolves when more may follow, rejects with OutputClosed when nobody reads on. */
  write(text: string): Promise<void>;
  /** A line of standard error. */
  err(line: string): void;
  /** A line of standard error that replaces the one before it; the empty line clears it. Only where `live`. */
  status(line: string): void;
  /** Whether standard error is looked at by a person. */
  readonly live: boolean;
  /** Whether standard output is. */
  readonly interactive: boolean;
  /** Of standard output. */
  readonly colours: Colours;
  readonly colour: boolean;
  /** Of standard error. */
  readonly errorColours: Colours;
  /** Width of standard output in characters. */
  readonly columns: number;
  /** Whether unforeseen failures tell their details. */
  readonly debug: boolean;
  /** Questions to whoever sits there; undefined where input or output is no terminal. */
  readonly prompts: Prompts | undefined;
  /** Environment variable, empty ones being as good as none. */
  variable(name: string): string | undefined;
  /** ms since the epoch. */
  now(): number;
  /** The code to end with. The process ends when its work has. */
  exit(code: ExitCode): void;
}

/** Whoever read standard output has gone away, as `head` does: a reason to stop, and no fault. */
export class OutputClosed extends Error {}

const PLAIN_COLUMNS = 100;

/** Colours where a person looks, unless NO_COLOR says otherwise; FORCE_COLOR where nobody seems to. */
function colourful(environment: NodeJS.ProcessEnv, stream: NodeJS.WriteStream): boolean {
  if (environment.NO_COLOR) return false;
  if (environment.FORCE_COLOR) return environment.FORCE_COLOR !== '0';
  return stream.isTTY === true && environment.TERM !== 'dumb';
}

/** Resolves when a stream takes more, or never will. */
function settled(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off('drain', done).off('error', done).off('close', done);
      resolve();
    };
    stream.on('drain', done).on('error', done).on('close', done);
  });
}

/** The process's own terminal. */
export function processTerminal(): Terminal {
  const { env: environment, stdin, stdout, stderr } = process;
  let gone = false;
  stdout.on('error', (cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'EPIPE') throw cause;
    gone = true;
  });
  stderr.on('error', () => {});
  const colour = colourful(environment, stdout);
  return {
    out(line) {
      if (!gone) stdout.write(`${line}\n`);
    },
    async write(text) {
      if (!gone && !stdout.write(text)) await settled(stdout);
      if (gone) throw new OutputClosed();
    },
    err: (line) => void stderr.write(`${line}\n`),
    status: (line) => void stderr.write(`\r\x1b[2K${line.slice(0, (stderr.columns ?? PLAIN_COLUMNS) - 1)}`),
    live: stderr.isTTY === true && environment.TERM !== 'dumb',
    interactive: stdout.isTTY === true,
    prompts: stdin.isTTY && stdout.isTTY && environment.TERM !== 'dumb' ? promptsOn(stdin, stdout) : undefined,
    colours: pc.createColors(colour),
    colour,
    errorColours: pc.createColors(colourful(environment, stderr)),
    columns: stdout.columns ?? PLAIN_COLUMNS,
    debug: Boolean(environment.ARMATURE_DEBUG),
    variable: (name) => environment[name] || undefined,
    now: () => Date.now(),
    exit(code) {
      process.exitCode = code;
    },
  };
}
