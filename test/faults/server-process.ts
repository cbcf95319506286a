import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../../packages/server/src/provision/free-ports.js';
import { builtBinary } from '../built.js';

export const BINARY = builtBinary();
const EXPERIMENTS = fileURLToPath(new URL('./experiments', import.meta.url));

/** The real server in a process of its own, which can be killed and started again on the same port. */
export interface ServerProcess {
  readonly url: string;
  /** Whether its process is there, be it paused. */
  readonly running: boolean;
  /** Starts it, with these variables this time, and resolves when it listens. */
  start(variables?: NodeJS.ProcessEnv): Promise<void>;
  /** kill -9. */
  kill(): Promise<void>;
  /** Starts it, and kills it after some time, wherever it is by then. */
  killStarting(ms: number): Promise<void>;
  /** SIGTERM. @returns its exit code */
  stop(): Promise<number | null>;
  /** SIGSTOP: it holds its connections and does nothing. */
  pause(): void;
  /** SIGCONT. */
  resume(): void;
  /** Waits until it ends of its own accord. @returns its exit code */
  ended(): Promise<number | null>;
  /** Everything it said on standard error. */
  readonly said: string;
}

export interface ServerProcessOptions {
  readonly data: string;
  readonly port: number;
  readonly partitions: number;
  /** @default the folder beside this file */
  readonly experiments?: string;
  /** More flags of `serve`. */
  readonly flags?: readonly string[];
  /** A module that is loaded before the server. */
  readonly preload?: URL;
  readonly variables?: NodeJS.ProcessEnv;
}

export function serverProcess({
  data,
  port,
  partitions,
  experiments = EXPERIMENTS,
  flags: more = [],
  preload,
  variables,
}: ServerProcessOptions): ServerProcess {
  let child: ChildProcess | undefined;
  let said = '';
  const spawned = (extra?: NodeJS.ProcessEnv): ChildProcessByStdio<null, Readable, Readable> => {
    const flags = [
      '--experiments',
      experiments,
      '--data',
      data,
      '--port',
      `${port}`,
      '--partitions',
      `${partitions}`,
      ...more,
    ];
    const before = preload === undefined ? [] : ['--import', preload.href];
    const started = spawn(process.execPath, [...before, BINARY, 'serve', ...flags], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...variables, ...extra },
    });
    child = started;
    started.stderr.on('data', (chunk) => {
      said += String(chunk);
    });
    return started;
  };
  const ended = async (signal?: NodeJS.Signals): Promise<number | null> => {
    const running = child;
    child = undefined;
    if (running === undefined) return null;
    if (running.exitCode !== null || running.signalCode !== null) return running.exitCode;
    const closed = once(running, 'close');
    if (signal !== undefined) running.kill(signal);
    const [code] = await closed;
    return code as number | null;
  };
  return {
    url: `http://127.0.0.1:${port}`,
    get running() {
      return child !== undefined && child.exitCode === null && child.signalCode === null;
    },
    async start(extra) {
      for await (const chunk of spawned(extra).stdout) if (String(chunk).includes('listening on')) return;
      throw new Error(`the server ended before it listened: ${said}`);
    },
    kill: async () => void (await ended('SIGKILL')),
    async killStarting(ms) {
      spawned().stdout.resume();
      await new Promise((resolve) => setTimeout(resolve, ms));
      await ended('SIGKILL');
    },
    stop: () => ended('SIGTERM'),
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
    ended: () => ended(),
    get said() {
      return said;
    },
  };
}

/** A port that nobody listens on at the moment, and that no outgoing connection takes while a server is down. */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  if (port === undefined) throw new Error('no port');
  return port;
}
