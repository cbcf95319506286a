import { applyRecord, emptyState, type PartitionState } from '@armature/analysis/fold';
import { readToEnd } from '../adapters/kafka/topic-reader.js';
import { type RunningTotals, runningTotals } from '../aggregation/running-totals.js';
import { anchorOf } from '../cluster/anchor.js';
import { decodeRecord } from '../cluster/decode-record.js';
import type { KafkaSettings } from '../cluster/ports.js';
import type { Logger } from '../ports.js';
import type { SharedRegistry } from './shared-registry.js';

export interface LogFoldOptions {
  readonly kafka: KafkaSettings;
  readonly logger: Logger;
  readonly partition: number;
  /** Frozen number of partitions. */
  readonly partitions: number;
  readonly registry: SharedRegistry;
  /** Offset of the first record. */
  readonly from: number;
}

/** A partition folded anew from its topic, step by step. */
export interface LogFold {
  readonly state: PartitionState;
  readonly totals: RunningTotals;
  /** Hash of the last record that was folded; empty where there is none. */
  readonly anchor: string;
  /** Records that were no events. */
  readonly unreadable: number;
  /**
   * Folds on to where the topic ends now.
   *
   * @param look called with the state as it stands before the record at this offset, or at the end
   * @throws KAFKA_UNREACHABLE, DATA_HOLE, LOG_MISMATCH, CODEC_MISSING
   */
  toEnd(onRecords: (count: number) => void, look?: { readonly at: number; readonly see: () => void }): Promise<void>;
}

/** Begins a fold with nothing in it. */
export function logFold({ kafka, logger, partition, partitions, registry, from }: LogFoldOptions): LogFold {
  const state = emptyState();
  state.offset = from;
  const totals = runningTotals(state, registry.registry);
  let anchor = '';
  let unreadable = 0;
  return {
    state,
    totals,
    get anchor() {
      return anchor;
    },
    get unreadable() {
      return unreadable;
    },
    async toEnd(onRecords, look) {
      const seen = (): void => {
        if (state.offset === look?.at) look.see();
      };
      seen();
      for await (const raws of readToEnd(kafka, 'events', partition, state.offset, { logger })) {
        const decoded = raws.map((raw) => decodeRecord(raw, partitions));
        await registry.prepare(decoded.map(({ record }) => record));
        for (const { record, fault } of decoded) {
          applyRecord(state, record, registry.registry, totals);
          if (fault !== undefined) unreadable += 1;
          seen();
        }
        const last = raws.at(-1);
        if (last !== undefined) anchor = anchorOf(last);
        onRecords(raws.length);
      }
    },
  };
}
