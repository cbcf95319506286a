import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from './free-ports.js';
import type { StartedServer } from './provisioned.js';
import { startedProcess } from './started-process.js';

/** What Redis keeps when it is killed: nothing, all but the last second, or all that it acknowledged. */
export type Appendonly = 'no' | 'everysec' | 'always';

const START_MS = 20_000;

function flagsOf(port: number, folder: string, appendonly: Appendonly): readonly string[] {
  const kept = appendonly === 'no' ? ['no'] : ['yes', '--appendfsync', appendonly];
  return ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', ...kept];
}

/** Starts `redis-server` on a free port of the loopback interface, with its files in a temporary folder. */
export async function startRedis(
  variables: NodeJS.ProcessEnv,
  appendonly: Appendonly,
): Promise<{ readonly url: string; readonly server: StartedServer }> {
  const [port] = await freePorts(1);
  const folder = await mkdtemp(join(tmpdir(), 'armature-redis-'));
  const server = startedProcess({
    ...{ name: 'redis-server', program: 'redis-server', variables, folder, startMs: START_MS },
    args: flagsOf(port ?? 0, folder, appendonly),
    ready: /Ready to accept connections/,
  });
  try {
    await server.start();
  } catch (cause) {
    await server.dispose();
    throw cause;
  }
  return { url: `redis://127.0.0.1:${port}`, server };
}
