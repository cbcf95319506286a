import process from 'node:process';
import type { FastifyInstance } from 'fastify';
import { disk } from './adapters/disk.js';
import { readKeyFile } from './adapters/key-file.js';
import { jsonLogger } from './adapters/loggers.js';
import { type AppOptions, buildApp } from './app.js';
import type { ClusterOptions } from './cluster/cluster-engine.js';
import { type Engine, type EngineOptions, openEngine } from './engine.js';
import { serverError } from './errors.js';

export interface ServeOptions extends EngineOptions, Pick<AppOptions, 'requestsPerSecond' | 'streams'> {
  /** @default 4400; 0 takes any free port */
  readonly port?: number;
  /** @default 127.0.0.1; another one needs API keys, configured or made by `armature keys` */
  readonly host?: string;
  /** One of several servers over Kafka and Redis; the log of one machine is not used then. */
  readonly cluster?: Pick<ClusterOptions, 'kafka' | 'redis' | 'sessionMs'>;
  /** How long `/readyz` says no before the port is closed after SIGTERM, ms. @default 1000 */
  readonly drainMs?: number;
  /** Where the one line goes that tells the address. @default standard output */
  readonly print?: (line: string) => void;
}

/** A server that is listening. */
export interface Served {
  readonly url: string;
  readonly engine: Engine;
  readonly app: FastifyInstance;
  /** Closes it as a signal does, without the delay. */
  stop(): Promise<void>;
  /** Resolves with the exit status when all is closed: 0, or 1 when the log failed. */
  readonly exited: Promise<number>;
}

const LOOPBACK = /^(127(\.\d{1,3}){3}|::1|localhost)$/;
/** Nothing may keep the process longer than this once it was told to go. */
const LAST_RESORT_MS = 30_000;
const LINGER_MS = 2000;

/** The engine of one machine, or of one of several servers. */
async function openFor({ cluster, sticky, ...options }: ServeOptions): Promise<Engine> {
  if (cluster === undefined) return openEngine({ ...options, ...(sticky === undefined ? {} : { sticky }) });
  const { openClusterEngine } = await import('./cluster/cluster-engine.js');
  if (sticky === undefined) throw serverError('REDIS_SETTINGS_INVALID', { got: 'no store for sticky arms' });
  return openClusterEngine({ ...options, ...cluster, sticky });
}

/**
 * Runs a server until SIGTERM or SIGINT: then it is not ready, finishes what it has begun, writes checkpoints and
 * closes. When the log fails it closes too, since a disk that lost a page is not asked again.
 *
 * @throws as openEngine; LOOPBACK_ONLY where there are no keys; the system's error when it cannot listen
 */
export async function serve(options: ServeOptions): Promise<Served> {
  const { host = '127.0.0.1', port = 4400, drainMs = 1000, apiKeys = [] } = options;
  if (apiKeys.length === 0 && !LOOPBACK.test(host)) {
    const made = await readKeyFile(options.fs ?? disk(), options.data);
    if (made === undefined) throw serverError('LOOPBACK_ONLY', { got: host });
  }
  const logger = options.logger ?? jsonLogger((line) => process.stderr.write(line), Date.now);
  const engine = await openFor({ ...options, logger });
  let draining = false;
  let app: FastifyInstance;
  let url: string;
  try {
    const { requestsPerSecond, streams } = options;
    app = await buildApp(engine, {
      draining: () => draining,
      ...(requestsPerSecond === undefined ? {} : { requestsPerSecond }),
      ...(streams === undefined ? {} : { streams }),
    });
    url = await app.listen({ host, port });
  } catch (cause) {
    await engine.close();
    throw cause;
  }
  let resolve: (status: number) => void;
  const exited = new Promise<number>((done) => {
    resolve = done;
  });
  const finish = async (status: number, delayMs: number): Promise<void> => {
    if (draining) return;
    draining = true;
    const lastResort = setTimeout(() => process.exit(1), LAST_RESORT_MS).unref();
    if (delayMs > 0) await new Promise((done) => setTimeout(done, delayMs));
    await app.close().catch((cause: unknown) => logger.error('closing failed', { cause: String(cause) }));
    const failed = await engine.close().then(
      () => false,
      (cause: unknown) => {
        logger.error('closing failed', { cause: String(cause) });
        return true;
      },
    );
    clearTimeout(lastResort); // the process may have more to do than to serve
    // a client of Kafka that is away may go on trying for ever
    if (options.cluster !== undefined) setTimeout(() => process.exit(failed ? 1 : status), LINGER_MS).unref();
    process.off('SIGTERM', onTerm).off('SIGINT', onInt);
    resolve(failed || engine.failure !== undefined ? 1 : status);
  };
  const onTerm = (): void => void finish(0, drainMs);
  const onInt = (): void => void finish(0, 0);
  process.on('SIGTERM', onTerm).on('SIGINT', onInt);
  engine.onFailure((cause) => {
    logger.error('the log failed', { cause: cause.message });
    void finish(1, 0);
  });
  const print = options.print ?? ((line) => void process.stdout.write(`${line}\n`));
  const count = Object.keys(engine.snapshot.experiments).length;
  const access = engine.keys.closed ? 'API keys required' : 'open to this machine, no API keys';
  const where = options.cluster === undefined ? `data in ${options.data}` : `Kafka ${options.cluster.kafka.prefix}.*`;
  print(`listening on ${url} · ${access} · ${count} experiment${count === 1 ? '' : 's'} · ${where}`);
  return { url, engine, app, exited, stop: () => finish(0, 0).then(() => exited.then(() => {})) };
}
