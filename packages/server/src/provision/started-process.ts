import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { serverError } from '../errors.js';
import { processGuard } from './guard.js';
import type { StartedServer } from './provisioned.js';

/** A program that serves until it is ended. */
export interface ServerProgram {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly variables: NodeJS.ProcessEnv;
  /** Its own folder, deleted with it; what it says is written to a file in it. */
  readonly folder: string;
  /** What it says when it is ready. */
  readonly ready: RegExp;
  /** How long it may take, ms. */
  readonly startMs: number;
}

const LOOK_EVERY_MS = 40;
const STOP_MS = 30_000;
const TAIL_LINES = 4;
const TAIL_CHARACTERS = 600;

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

function tailOf(said: string): string {
  const lines = said.split('\n').filter((line) => line.trim() !== '');
  return lines.slice(-TAIL_LINES).join(' | ').slice(-TAIL_CHARACTERS) || 'no word from it';
}

/** Resolves when the program has said that it is ready. */
async function untilReady(child: ChildProcess, { name, ready, startMs }: ServerProgram, log: string, from: number) {
  const limit = Date.now() + startMs;
  for (;;) {
    const ended = hasEnded(child); // looked at first: what it said last is in the file by then
    const said = (await readFile(log)).subarray(from).toString('utf8');
    if (ready.test(said)) return;
    if (ended) throw serverError('SERVER_NOT_STARTED', { got: `${name}, which ended: ${tailOf(said)}` });
    if (Date.now() > limit) {
      throw serverError('SERVER_NOT_STARTED', { got: `${name}, not ready after ${startMs / 1000} s: ${tailOf(said)}` });
    }
    await delay(LOOK_EVERY_MS);
  }
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (hasEnded(child)) return;
  child.ref();
  const exit = once(child, 'exit');
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await exit;
  clearTimeout(timer);
}

/**
 * A server in a process of its own, not started yet. It does not keep this process alive, does not hear Ctrl-C, and
 * never outlives this process.
 */
export function startedProcess(server: ServerProgram): StartedServer {
  const { program, args, variables, folder } = server;
  const log = join(folder, 'output.log');
  const guard = processGuard(folder);
  let child: ChildProcess | undefined;
  const running = (): ChildProcess | undefined => (child === undefined || hasEnded(child) ? undefined : child);
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const current = running();
    if (current === undefined) return;
    current.kill('SIGCONT');
    await ended(current, signal);
    guard.watch(undefined);
  };
  return {
    own: true,
    get pid() {
      return running()?.pid;
    },
    async start() {
      if (running() !== undefined) return;
      const file = await open(log, 'a');
      const from = (await file.stat()).size;
      const started = spawn(program, args, {
        ...{ cwd: folder, env: variables, detached: true, stdio: ['ignore', file.fd, file.fd] },
      });
      child = started;
      guard.watch(started.pid);
      try {
        await once(started, 'spawn');
      } catch (cause) {
        child = undefined;
        throw serverError('SERVER_NOT_STARTED', { got: `${server.name}: ${(cause as Error).message}`, cause });
      } finally {
        await file.close();
      }
      started.unref();
      await untilReady(started, server, log, from);
    },
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    pause: async () => void running()?.kill('SIGSTOP'),
    resume: async () => void running()?.kill('SIGCONT'),
    async dispose() {
      await end('SIGKILL');
      await rm(folder, { recursive: true, force: true });
      guard.release();
    },
  };
}
