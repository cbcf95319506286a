import type { ConfigLogEvent, LogRecord } from '@armature/sdk/protocol';
import type { KafkaSettings } from '../../cluster/ports.js';
import type { Logger } from '../../ports.js';
import { configLedger } from './config-ledger.js';
import type { LogIdentity } from './log-identity.js';
import { readToEnd } from './topic-reader.js';

/** Definitions and versions as servers share them, up to now. */
export interface SharedConfig {
  /** Which log it is; undefined where no server has begun one. */
  readonly identity: LogIdentity | undefined;
  readonly records: readonly LogRecord<ConfigLogEvent>[];
  /** Records of the topic that do not count: lost races and what is not ours. */
  readonly skipped: number;
}

/** A person waits for it. */
const TIMEOUT_MS = 10_000;

/**
 * Reads the config topic from its beginning, and is no server: nothing is written.
 *
 * @throws KAFKA_UNREACHABLE, TOPIC_MISSING, DATA_HOLE, CODEC_MISSING
 */
export async function readSharedConfig(settings: KafkaSettings, logger: Logger): Promise<SharedConfig> {
  const ledger = configLedger();
  let skipped = 0;
  for await (const records of readToEnd(settings, 'config', 0, 0, { logger, timeoutMs: TIMEOUT_MS })) {
    for (const raw of records) if (ledger.take(raw).skipped !== undefined) skipped += 1;
  }
  return { identity: ledger.identity, records: ledger.records, skipped };
}
