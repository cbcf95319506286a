import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { serverError } from '../errors.js';
import { freePorts } from './free-ports.js';
import { type BrokerPlace, kafkaProperties } from './kafka-properties.js';
import type { StartedServer } from './provisioned.js';
import { startedProcess } from './started-process.js';

const START_MS = 90_000;
/** Small and quick to start. */
const JAVA_FLAGS = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
const LOGGING = `status=error
rootLogger.level=warn
rootLogger.appenderRef.console.ref=CONSOLE
logger.server.name=kafka.server.KafkaRaftServer
logger.server.level=info
appender.console.type=Console
appender.console.name=CONSOLE
appender.console.layout.type=PatternLayout
appender.console.layout.pattern=%d %p %m%n
`;

interface Java {
  readonly variables: NodeJS.ProcessEnv;
  /** Folder of Kafka's jars. */
  readonly libs: string;
}

/** By variable, since a shell or a launcher may expand the star of a flag. */
const withClasspath = ({ variables, libs }: Java): NodeJS.ProcessEnv => ({
  ...variables,
  CLASSPATH: join(libs, '*'),
});

/** The id may begin with a dash, hence not as a word of its own. */
async function format(java: Java, cluster: string, properties: string): Promise<void> {
  const args = [...JAVA_FLAGS, 'kafka.tools.StorageTool', 'format', `--cluster-id=${cluster}`, '-c', properties];
  try {
    await promisify(execFile)('java', args, { env: withClasspath(java), timeout: START_MS });
  } catch (cause) {
    const { stderr = '', message } = cause as Error & { readonly stderr?: string };
    throw serverError('SERVER_NOT_STARTED', { got: `Kafka, whose folder was not made: ${stderr || message}`, cause });
  }
}

/** The id may begin with a dash, hence not as a word of its own. */
/**
 * A broker with a folder of its own, formatted and not started yet.
 *
 * @param propertiesIn the text of its properties, given the folder for its data
 */
export async function formattedBroker(
  java: Java,
  cluster: string,
  name: string,
  propertiesIn: (data: string) => string,
): Promise<StartedServer> {
  const folder = await mkdtemp(join(tmpdir(), 'armature-kafka-'));
  const [properties, logging] = [join(folder, 'server.properties'), join(folder, 'log4j2.properties')];
  try {
    await writeFile(properties, propertiesIn(join(folder, 'data')));
    await writeFile(logging, LOGGING);
    await format(java, cluster, properties);
  } catch (cause) {
    await rm(folder, { recursive: true, force: true });
    throw cause;
  }
  return startedProcess({
    ...{ name, program: 'java', variables: withClasspath(java), folder, startMs: START_MS },
    args: ['-Xmx192m', ...JAVA_FLAGS, `-Dlog4j2.configurationFile=${logging}`, 'kafka.Kafka', properties],
    ready: /Kafka Server started/,
  });
}

/** Starts the brokers of a new cluster on free ports of the loopback interface, with their files in temporary folders. */
export async function startKafka(
  java: Java,
  count: 1 | 3,
): Promise<{ readonly brokers: readonly string[]; readonly servers: readonly StartedServer[] }> {
  const ports = await freePorts(2 * count);
  const cluster = randomBytes(16).toString('base64url');
  const places = Array.from({ length: count }, (_, i): BrokerPlace => {
    return { id: i + 1, port: ports[2 * i] ?? 0, controllerPort: ports[2 * i + 1] ?? 0 };
  });
  const made = await Promise.allSettled(
    places.map((self) =>
      formattedBroker(java, cluster, `Kafka broker ${self.id}`, (data) => kafkaProperties(places, self, data)),
    ),
  );
  const servers = made.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const failed = made.find((one) => one.status === 'rejected');
  try {
    if (failed !== undefined) throw failed.reason;
    // together: none is ready before the controllers have a majority
    await Promise.all(servers.map((server) => server.start()));
  } catch (cause) {
    await Promise.all(servers.map((server) => server.dispose()));
    throw cause;
  }
  return { brokers: places.map(({ port }) => `127.0.0.1:${port}`), servers };
}
