/** Before all tests: a door at which their files ask for one Redis and one Kafka, which are started when the first asks. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestProject } from 'vitest/node';
import { kafkaJars } from '../packages/server/src/provision/kafka-jars.js';
import { provision } from '../packages/server/src/provision/provision.js';
import type { Provisioned } from '../packages/server/src/provision/provisioned.js';
import { kafkaSources } from '../packages/server/src/provision/sources.js';
import { tellUsed, WITHOUT_ADDRESSES } from './provisioned.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Address of the door. */
    sharedServers: string;
    /** Why no Kafka can be started from its jars, or nothing. */
    kafkaFault: string;
  }
}

/** Fetched before the tests, so that no suite waits for a download or fails for want of a network. */
async function fetchKafka(): Promise<string> {
  if (kafkaSources(WITHOUT_ADDRESSES, 3).length === 0) return '';
  try {
    await kafkaJars(process.env, (line) => console.log(line));
    return '';
  } catch (cause) {
    console.log((cause as Error).message);
    return (cause as Error).message;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  project.provide('kafkaFault', await fetchKafka());
  const started = new Map<string, Promise<Provisioned>>();
  const start = (what: string): Promise<Provisioned> => {
    const starting = started.get(what) ?? provision({ [what]: true, tell: tellUsed });
    started.set(what, starting);
    return starting;
  };
  const door = createServer(async ({ url = '' }, response) => {
    try {
      const { redisUrl, brokers } = await start(url.slice(1));
      response.end(JSON.stringify(url === '/redis' ? redisUrl : brokers));
    } catch (cause) {
      response.writeHead(500).end(String(cause));
    }
  });
  door.listen(0, '127.0.0.1');
  await once(door, 'listening');
  project.provide('sharedServers', `http://127.0.0.1:${(door.address() as AddressInfo).port}`);
  return async () => {
    door.close();
    for (const starting of started.values())
      await starting.then(
        ({ dispose }) => dispose(),
        () => {},
      );
  };
}
