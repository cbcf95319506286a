import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './faults/server-process.js';

/** A real Redis for one test file. */
export interface RedisServer {
  readonly url: string;
  /** Whether it was started here, so that it may be stopped and started again. */
  readonly own: boolean;
  start(): Promise<void>;
  /** kill -9: what it held is gone. */
  kill(): Promise<void>;
  /** Ends it for good, where it was started here. */
  dispose(): Promise<void>;
}

/**
 * @param where what `describeWith('redis', …)` found: an address, which is used as it is, or the program to start on a
 *   free port, without a file to its name
 */
export async function redisServer(where: string): Promise<RedisServer> {
  if (/^rediss?:/.test(where)) {
    const leave = async (): Promise<void> => {};
    return { url: where, own: false, start: leave, kill: leave, dispose: leave };
  }
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'armature-redis-'));
  let child: ChildProcess | undefined;
  const server: RedisServer = {
    url: `redis://127.0.0.1:${port}`,
    own: true,
    async start() {
      const flags = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder];
      const started = spawn(where, flags, { stdio: ['ignore', 'pipe', 'ignore'] });
      child = started;
      let said = '';
      for await (const chunk of started.stdout) {
        said += String(chunk);
        if (said.includes('Ready to accept connections')) return;
      }
      throw new Error(`${where} ended before it was ready: ${said}`);
    },
    async kill() {
      const running = child;
      child = undefined;
      if (running === undefined || running.exitCode !== null) return;
      const ended = once(running, 'exit');
      running.kill('SIGKILL');
      await ended;
    },
    async dispose() {
      await server.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await server.start();
  return server;
}
