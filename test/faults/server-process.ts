import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const BINARY = fileURLToPath(new URL('../../packages/server/bin/armature.js', import.meta.url));
const EXPERIMENTS = fileURLToPath(new URL('./experiments', import.meta.url));

/** The real server in a process of its own, which can be killed and started again on the same port. */
export interface ServerProcess {
  readonly url: string;
  /** Starts it, and resolves when it listens. */
  start(): Promise<void>;
  /** kill -9. */
  kill(): Promise<void>;
  /** SIGTERM. @returns its exit code */
  stop(): Promise<number | null>;
  /** Everything it said on standard error. */
  readonly said: string;
}

export function serverProcess(data: string, port: number, partitions: number): ServerProcess {
  let child: ChildProcess | undefined;
  let said = '';
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    const running = child;
    child = undefined;
    if (running === undefined || running.exitCode !== null) return running?.exitCode ?? null;
    const exited = once(running, 'exit');
    running.kill(signal);
    const [code] = await exited;
    return code as number | null;
  };
  return {
    url: `http://127.0.0.1:${port}`,
    async start() {
      const flags = [
        '--experiments',
        EXPERIMENTS,
        '--data',
        data,
        '--port',
        `${port}`,
        '--partitions',
        `${partitions}`,
      ];
      const started = spawn(process.execPath, [BINARY, 'serve', ...flags], { stdio: ['ignore', 'pipe', 'pipe'] });
      child = started;
      started.stderr.on('data', (chunk) => {
        said += String(chunk);
      });
      for await (const chunk of started.stdout) if (String(chunk).includes('listening on')) return;
      throw new Error(`the server ended before it listened: ${said}`);
    },
    kill: async () => void (await end('SIGKILL')),
    stop: () => end('SIGTERM'),
    get said() {
      return said;
    },
  };
}

/** A port that nobody listens on at the moment. */
export async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
