import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { serverError } from '../errors.js';
import { freePorts } from './free-ports.js';
import { commandGuard } from './guard.js';
import type { StartedServer } from './provisioned.js';
import type { ContainerEngine, Variables } from './sources.js';

export type Service = 'redis' | 'kafka';

const START_MS = 300_000;
const ANSWER_MS = 90_000;
/** A question that the server of a service answers as soon as it serves; Kafka's is ApiVersions, version 0. */
const QUESTIONS: Readonly<Record<Service, Buffer>> = {
  redis: Buffer.from('PING\r\n'),
  kafka: Buffer.from([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0xff, 0xff]),
};

async function answers(service: Service, port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1').setTimeout(2000, () => socket.destroy(new Error('no answer')));
  try {
    socket.write(QUESTIONS[service]);
    await Promise.race([once(socket, 'data'), once(socket, 'close').then(() => Promise.reject(new Error('closed')))]);
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function untilAnswers(service: Service, port: number): Promise<void> {
  const limit = Date.now() + ANSWER_MS;
  while (!(await answers(service, port))) {
    if (Date.now() > limit) {
      throw serverError('SERVER_NOT_STARTED', {
        got: `the container of ${service}, without an answer on port ${port}`,
      });
    }
    await delay(100);
  }
}

/** Containers of one project. */
export interface Containers {
  readonly ports: Readonly<Record<Service, number>>;
  readonly servers: Readonly<Record<Service, StartedServer>>;
  /** Removes the project with its volumes. */
  dispose(): Promise<void>;
}

/** Starts services of the compose file in a project of their own, on free ports of the loopback interface. */
export async function startContainers(
  { program, file }: ContainerEngine,
  services: readonly Service[],
  variables: Variables,
): Promise<Containers> {
  const [redis = 0, kafka = 0] = await freePorts(2);
  const ports = { redis, kafka };
  const env = { ...variables, ARMATURE_REDIS_PORT: `${redis}`, ARMATURE_KAFKA_PORT: `${kafka}` };
  const command = ['compose', '-f', file, '-p', `armature-${randomBytes(4).toString('hex')}`];
  const compose = async (...args: readonly string[]): Promise<void> => {
    try {
      await promisify(execFile)(program, [...command, ...args], { env, timeout: START_MS });
    } catch (cause) {
      const { stderr = '', message } = cause as Error & { readonly stderr?: string };
      const got = `${program} compose ${args.join(' ')}: ${(stderr || message).trim().slice(-400)}`;
      throw serverError('SERVER_NOT_STARTED', { got, cause });
    }
  };
  const down = ['down', '--volumes', '--timeout', '0'];
  const guard = commandGuard([program, ...command, ...down], env);
  const dispose = async (): Promise<void> => {
    await compose(...down);
    guard.release();
  };
  const serverOf = (service: Service): StartedServer => ({
    own: true,
    start: async () => {
      await compose('start', service);
      await untilAnswers(service, ports[service]);
    },
    stop: () => compose('stop', service),
    kill: () => compose('kill', service),
    pause: () => compose('pause', service),
    resume: () => compose('unpause', service),
    dispose: () => compose('rm', '--stop', '--force', '--volumes', service),
  });
  try {
    await compose('up', '-d', ...services);
    for (const service of services) await untilAnswers(service, ports[service]);
  } catch (cause) {
    await dispose().catch(() => {}); // the first failure is the one to tell
    throw cause;
  }
  return { ports, servers: { redis: serverOf('redis'), kafka: serverOf('kafka') }, dispose };
}
