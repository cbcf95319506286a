import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { serverError } from '../errors.js';

export const KAFKA_VERSION = '4.1.1';
/** Kafka brings slf4j-api 1.7: the bindings of 2.x are silent under it. */
const LOG4J_VERSION = '2.24.3';
const COPY = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies';
const DOWNLOAD_MS = 600_000;

type Variables = Readonly<Record<string, string | undefined>>;

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>dev.armature</groupId>
  <artifactId>kafka</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka_2.13</artifactId>
      <version>${KAFKA_VERSION}</version>
    </dependency>
    <dependency>
      <groupId>org.apache.logging.log4j</groupId>
      <artifactId>log4j-slf4j-impl</artifactId>
      <version>${LOG4J_VERSION}</version>
    </dependency>
  </dependencies>
</project>
`;

/**
 * Where Kafka's jars are kept: `kafka-<version>` in `cache`, else in ARMATURE_CACHE, else in `armature` of
 * XDG_CACHE_HOME, else in `~/.cache/armature`. The folder is there when it is whole.
 */
export function kafkaFolder(variables: Variables, cache?: string): string {
  const named = [cache, variables.ARMATURE_CACHE].find((folder) => folder !== undefined && folder !== '');
  const home = variables.XDG_CACHE_HOME || join(variables.HOME || homedir(), '.cache');
  return join(named ?? join(home, 'armature'), `kafka-${KAFKA_VERSION}`);
}

/** Downloads into a folder of its own; checksums that differ fail. */
async function download(beside: string, variables: Variables): Promise<void> {
  await writeFile(join(beside, 'pom.xml'), POM);
  const flags = ['-q', '-B', '-C', `-Dmaven.repo.local=${join(beside, 'repository')}`];
  const output = `-DoutputDirectory=${join(beside, 'kafka', 'libs')}`;
  try {
    const options = { cwd: beside, env: { ...variables }, timeout: DOWNLOAD_MS, maxBuffer: 1e8 };
    await promisify(execFile)('mvn', [...flags, COPY, output], options);
  } catch (cause) {
    const { stdout = '', message } = cause as Error & { readonly stdout?: string };
    const said = /\[ERROR\] (\S.*)/.exec(stdout)?.[1] ?? message.split('\n')[0] ?? '';
    throw serverError('KAFKA_DOWNLOAD_FAILED', { got: said.slice(0, 400), cause });
  }
}

/**
 * The folder of Kafka's jars, fetched with Maven the first time (43 MB). They are fetched beside their place and
 * renamed when they are whole: of processes that do so at once, the first one's are kept.
 *
 * @throws KAFKA_DOWNLOAD_FAILED
 */
export async function kafkaJars(variables: Variables, tell: (line: string) => void, cache?: string): Promise<string> {
  const folder = kafkaFolder(variables, cache);
  const libs = join(folder, 'libs');
  if (existsSync(folder)) return libs;
  tell(`Kafka ${KAFKA_VERSION}: fetching its jars with Maven into ${libs} (43 MB, once)`);
  await mkdir(dirname(folder), { recursive: true });
  const beside = await mkdtemp(`${folder}.`);
  try {
    await download(beside, variables);
    await rename(join(beside, 'kafka'), folder).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'ENOTEMPTY' && cause.code !== 'EEXIST') throw cause;
    });
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
  return libs;
}
