import { disk } from '../adapters/disk.js';
import { eventEnds } from '../adapters/kafka/event-ends.js';
import { readSharedConfig } from '../adapters/kafka/read-shared-config.js';
import { silent } from '../adapters/loggers.js';
import type { KafkaSettings } from '../cluster/ports.js';
import { serverError } from '../errors.js';
import { openPullDirectory } from './pull-directory.js';
import { type Pulled, pullLog } from './pull-log.js';

/** What a data directory has after a pull. */
export interface PulledInto extends Pulled {
  /** Identity of the log. */
  readonly log: string;
  /** Records of each partition that the directory has now. */
  readonly partitions: readonly number[];
}

/**
 * Copies what the topics hold into a data directory, going on where that ends.
 *
 * @param data made where there is none
 * @param tell hears how many records of how many the directory has
 * @throws KAFKA_UNREACHABLE, LOG_NOT_BEGUN, LOG_MISMATCH, DATA_DIR_LOCKED, DATA_HOLE
 */
export async function pullInto(
  kafka: KafkaSettings,
  data: string,
  tell: (done: number, all: number) => void = () => {},
): Promise<PulledInto> {
  const ends = await eventEnds(kafka);
  const config = await readSharedConfig(kafka, silent);
  const { identity: log } = config;
  if (log === undefined) throw serverError('LOG_NOT_BEGUN', { got: `prefix ${kafka.prefix}` });
  const all = [...ends.values()].reduce((sum, { high }) => sum + high, 0);
  const directory = await openPullDirectory({ fs: disk(), logger: silent, directory: data, log });
  let done = directory.partitions.reduce((sum, { end }) => sum + end, 0);
  const onRecords = (count: number): void => {
    done += count;
    tell(done, all);
  };
  try {
    const { partitions } = log;
    const pulled = await pullLog({ kafka, logger: silent, directory, config, ends, partitions, onRecords });
    return { ...pulled, log: log.id, partitions: directory.partitions.map(({ end }) => end) };
  } finally {
    await directory.close();
  }
}
