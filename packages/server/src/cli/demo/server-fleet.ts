import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ClusterSettings } from '../cluster-settings.js';

/** Servers in processes of their own; one that dies is started again on its port. */
export interface ServerFleet {
  readonly urls: readonly string[];
  /** Process ids as they are now; undefined for one that is being started. */
  readonly pids: readonly (number | undefined)[];
  /** How often a server was started again. */
  readonly restarts: number;
  stop(): Promise<void>;
}

export interface FleetOptions extends ClusterSettings {
  readonly experiments: string;
  readonly data: string;
  readonly ports: readonly number[];
  readonly partitions: number;
}

const BINARY = fileURLToPath(new URL('../../../bin/armature.js', import.meta.url));
const RESTART_MS = 300;
const READY_MS = 30_000;

/** Starts the servers and resolves when all are ready. */
export async function startFleet(options: FleetOptions): Promise<ServerFleet> {
  const children: (ChildProcess | undefined)[] = [];
  let stopping = false;
  let restarts = 0;
  const start = async (n: number, port: number): Promise<void> => {
    if (stopping) return;
    const child = await spawnServer(options, n, port);
    children[n] = child;
    void once(child, 'exit').then(async () => {
      children[n] = undefined;
      if (stopping) return;
      await pause(RESTART_MS);
      restarts += 1;
      await start(n, port);
    });
  };
  const urls = options.ports.map((port) => `http://127.0.0.1:${port}`);
  const stop = async (): Promise<void> => {
    stopping = true;
    const running = children.filter((child) => child !== undefined);
    for (const child of running) child.kill('SIGTERM');
    await Promise.all(running.map((child) => (child.exitCode === null ? once(child, 'exit') : undefined)));
  };
  try {
    await Promise.all(options.ports.map((port, n) => start(n, port)));
    await Promise.all(urls.map(untilReady));
  } catch (cause) {
    await stop();
    throw cause;
  }
  return {
    urls,
    get pids() {
      return children.map((child) => child?.pid);
    },
    get restarts() {
      return restarts;
    },
    stop,
  };
}

async function spawnServer(options: FleetOptions, n: number, port: number): Promise<ChildProcess> {
  const { experiments, data, kafka, redis, partitions } = options;
  const log = await open(join(data, `server-${n + 1}.log`), 'a');
  const flags = ['serve', '--port', String(port), '--experiments', experiments, '--data', data];
  const child = spawn(process.execPath, [BINARY, ...flags, '--partitions', String(partitions)], {
    stdio: ['ignore', 'ignore', log.fd],
    env: {
      ...process.env,
      ARMATURE_KAFKA_BROKERS: kafka.brokers.join(','),
      ARMATURE_REDIS_URL: redis.url,
      ARMATURE_PREFIX: kafka.prefix,
      ARMATURE_KAFKA_SESSION_MS: '6000',
      ARMATURE_API_KEYS: '',
    },
  });
  await log.close();
  return child;
}

async function untilReady(url: string): Promise<void> {
  const until = Date.now() + READY_MS;
  while (Date.now() < until) {
    const ready = await fetch(`${url}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (ready) return;
    await pause(100);
  }
  throw new Error(`no server was ready at ${url} within ${READY_MS / 1000} s`);
}

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
