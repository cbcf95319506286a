import { encodeRecord } from '@armature/analysis/log';
import type { ConfigLogEvent, LogRecord } from '@armature/sdk/protocol';
import type { SharedConfig } from '../adapters/kafka/read-shared-config.js';
import { readToEnd } from '../adapters/kafka/topic-reader.js';
import type { SegmentWriter } from '../adapters/segment-writer.js';
import { decodeRecord } from '../cluster/decode-record.js';
import type { KafkaSettings, TopicEnds } from '../cluster/ports.js';
import { serverError } from '../errors.js';
import type { Logger } from '../ports.js';
import type { PullDirectory } from './pull-directory.js';

export interface PullOptions {
  readonly kafka: KafkaSettings;
  readonly logger: Logger;
  readonly directory: PullDirectory;
  /** Read after the ends: it knows all that records before them name. */
  readonly config: SharedConfig;
  /** Where the partitions end, all at one moment: nothing behind is copied. */
  readonly ends: ReadonlyMap<number, TopicEnds>;
  /** Frozen number of partitions. */
  readonly partitions: number;
  readonly onRecords: (count: number) => void;
}

/** What was copied. */
export interface Pulled {
  /** Events that are new, over all partitions. */
  readonly events: number;
  /** Of them those that are none, which became ticks: they move log time and nothing else. */
  readonly unreadable: number;
  /** Definitions and versions that are new. */
  readonly config: number;
}

/** What stands at a place in the directory has to be what the topic has there: else it is a copy of something else. */
function checkLast(stream: string, { last }: SegmentWriter, found: LogRecord<unknown> | undefined): void {
  if (last === undefined || (found !== undefined && encodeRecord(found) === encodeRecord(last))) return;
  const got = `record ${last.offset} of ${stream} in the directory, which is another one in Kafka`;
  throw serverError('LOG_MISMATCH', { got, todo: 'pull into another directory' });
}

/**
 * Definitions and versions in order, with offsets of their own: the topic has records between them that do not count,
 * and nothing refers to these offsets. A version that was made from records behind the ends waits for the next pull, with
 * all behind it.
 */
function configToCopy({ config, ends }: PullOptions): readonly LogRecord<ConfigLogEvent>[] {
  const early = ({ event: { data } }: LogRecord<ConfigLogEvent>): boolean =>
    'asOf' in data &&
    Object.entries(data.asOf).some(([partition, seen]) => seen > (ends.get(Number(partition))?.high ?? 0));
  const stop = config.records.findIndex(early);
  const records = stop < 0 ? config.records : config.records.slice(0, stop);
  return records.map((record, offset) => ({ ...record, offset }));
}

async function pullConfig(options: PullOptions): Promise<number> {
  const { directory } = options;
  const records = configToCopy(options);
  const writer = directory.config;
  checkLast('the config log', writer, records[writer.end - 1]);
  const fresh = records.slice(writer.end);
  await writer.append(fresh);
  return fresh.length;
}

async function pullPartition(options: PullOptions, partition: number, writer: SegmentWriter): Promise<Pulled> {
  const { kafka, logger, ends, partitions, onRecords } = options;
  const { low = 0, high = 0 } = ends.get(partition) ?? {};
  if (writer.end < low) throw holeOf(partition, writer.end, low);
  let check = writer.end > low;
  let [events, unreadable] = [0, 0];
  if (writer.end > high) {
    const got = `partition ${partition} of ${writer.end} records in the directory, and ${high} in Kafka`;
    throw serverError('LOG_MISMATCH', { got, todo: 'pull into another directory' });
  }
  const from = check ? writer.end - 1 : writer.end;
  for await (const raws of readToEnd(kafka, 'events', partition, from, { logger })) {
    const wanted = raws.filter(({ offset }) => offset < high).map((raw) => decodeRecord(raw, partitions));
    const [first] = wanted;
    if (check) checkLast(`partition ${partition}`, writer, first?.record);
    const fresh = check ? wanted.slice(1) : wanted;
    check = false;
    await writer.append(fresh.map(({ record }) => record));
    events += fresh.length;
    unreadable += fresh.filter(({ fault }) => fault !== undefined).length;
    onRecords(fresh.length);
    if (writer.end >= high) break;
  }
  return { events, unreadable, config: 0 };
}

function holeOf(partition: number, end: number, low: number): Error {
  const got = `partition ${partition}, which begins at record ${low} in Kafka, and ends at ${end} in the directory`;
  const todo = 'pull before retention deletes what is old, or keep events longer: `armature topics create --retention`';
  return serverError('DATA_HOLE', { got, todo });
}

/**
 * Copies what is new in the topics behind what a directory has of them.
 *
 * @throws DATA_HOLE, LOG_MISMATCH, KAFKA_UNREACHABLE, CODEC_MISSING, DISK_FULL
 */
export async function pullLog(options: PullOptions): Promise<Pulled> {
  const config = await pullConfig(options);
  let [events, unreadable] = [0, 0];
  for (const [partition, writer] of options.directory.partitions.entries()) {
    const pulled = await pullPartition(options, partition, writer);
    events += pulled.events;
    unreadable += pulled.unreadable;
  }
  return { events, unreadable, config };
}
