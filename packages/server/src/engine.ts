import { createRegistry, type Registry } from '@armature/analysis/fold';
import type { ArmatureError } from '@armature/sdk';
import type { Health, Snapshot, StatisticsCell } from '@armature/sdk/protocol';
import type { StickyAssignment, StickyStore } from '@armature/sdk/sticky';
import { systemClock } from './adapters/clock.js';
import { disk } from './adapters/disk.js';
import { readExperimentFiles, watchExperimentFiles } from './adapters/experiment-files.js';
import { openFileLog } from './adapters/file-log.js';
import { fileState } from './adapters/file-state.js';
import { readKeyFile } from './adapters/key-file.js';
import { silent } from './adapters/loggers.js';
import { diskFault } from './adapters/segment-file.js';
import { keptSigningKey } from './adapters/signing-key.js';
import { followConfig } from './aggregation/config-replay.js';
import { createDuties } from './aggregation/duties.js';
import { tellLogTime } from './aggregation/log-ahead.js';
import type { OpenTrials } from './aggregation/open-trials.js';
import { openPartition, type Partition } from './aggregation/partition.js';
import { createPublisher } from './aggregation/publisher.js';
import { type RetentionRule, ruleOfPartition } from './aggregation/retention.js';
import { startSchedule } from './aggregation/schedule.js';
import { servedSnapshot } from './aggregation/served-snapshot.js';
import { viewsOf } from './aggregation/views.js';
import type { ClusterFigures } from './cluster/cluster-figures.js';
import type { DecideRequest } from './decide/decide-request.js';
import { createDecider, type DecideAnswer } from './decide/decider.js';
import { keptArms } from './decide/kept-arms.js';
import { serverError } from './errors.js';
import { loadExperiments } from './experiments/load-experiments.js';
import { planDefinitions } from './experiments/plan-definitions.js';
import { createReloader, type Reloader } from './experiments/reloader.js';
import { createIngest, type IngestResult } from './ingest/ingest.js';
import { type KnownExperiments, knownExperiments } from './ingest/known-experiments.js';
import { partitionsLog } from './ingest/partitions-log.js';
import { KEYS_MS, type KeyRing, openKeyRing } from './keys/key-ring.js';
import type { Clock, EventLog, FileSystem, Logger } from './ports.js';

export interface EngineOptions {
  /** Directory of experiment files. */
  readonly experiments: string;
  /** Data directory: log, definitions, checkpoints. Made where there is none. */
  readonly data: string;
  /** Frozen when the log is made. @default 4, or what the log has */
  readonly partitions?: number;
  /**
   * API keys beside those of the data directory. Without any, and where `armature keys` has made none, requests need no
   * key, and tokens are unsigned and everybody's.
   */
  readonly apiKeys?: readonly string[];
  /** Signs tokens with a key that is kept in the data directory. @default false; true for `openLocal` */
  readonly keepSigningKey?: boolean;
  /** Keeps the arms of units for `assign: sticky`. It stays yours to close. @default files in the data directory */
  readonly sticky?: StickyStore;
  /** Whether edits of the experiment files are taken up. @default true */
  readonly watch?: boolean;
  /** @default 64 MiB */
  readonly segmentBytes?: number;
  /** A segment is followed by another when its first record is as old as this, ms. @default a day */
  readonly segmentAgeMs?: number;
  /** What of the log may be deleted: `ageMs` of log time, at least six hours; `bytes` over all partitions. @default nothing */
  readonly retention?: RetentionRule;
  /** Events that may wait for the disk. @default 200000 */
  readonly capacity?: number;
  readonly clock?: Clock;
  readonly fs?: FileSystem;
  readonly logger?: Logger;
}

/** Log, fold and publisher in one process. */
export interface Engine {
  /** Takes a batch; resolves when the fate of every item is known. */
  ingest(items: readonly unknown[]): Promise<IngestResult>;
  /** Decides; answers when the decisions are durable, and with control arms when they cannot be. */
  decide(request: DecideRequest): Promise<DecideAnswer>;
  /** What is served now. */
  readonly snapshot: Snapshot;
  /** Told of each new snapshot, once it is durable. Returns what ends it. */
  onSnapshot(listener: (snapshot: Snapshot) => void): () => void;
  /** Reads the experiment files again. Resolves with the faults that kept the last good set in force. */
  reload(): Promise<ArmatureError | undefined>;
  /** The fault of the experiment files as they are now, while an earlier set is in force. */
  readonly reloadFault: ArmatureError | undefined;
  /** Makes the versions that are due, now. */
  publish(): Promise<boolean>;
  /** Why the next version of an experiment could not be made or written, by name. */
  versionFaults(): ReadonlyMap<string, Error>;
  /** Writes checkpoints and deletes what retention lets go, now. */
  checkpoint(): Promise<void>;
  /** What is kept of units, shared by all clients of this process. */
  readonly sticky: StickyAssignment;
  readonly registry: Registry;
  readonly known: KnownExperiments;
  /** The API keys as they are now, and what tokens are signed and verified with. */
  readonly keys: KeyRing;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Those whose state is in this process: all of them on one machine, its share among several servers. */
  readonly partitions: readonly Pick<Partition, 'index' | 'state' | 'totals'>[];
  /** Figures of its part among several servers; undefined on one machine. */
  readonly cluster?: ClusterFigures;
  /** Why nothing can be appended any more. */
  readonly failure: Error | undefined;
  onFailure(listener: (cause: Error) => void): void;
  statistics(): readonly StatisticsCell[];
  health(): ReadonlyMap<string, Health>;
  openTrials(): ReadonlyMap<string, OpenTrials>;
  /** LOG_AHEAD while log time is ahead of the clock. */
  logFault(): ArmatureError | undefined;
  /** Takes nothing more, writes checkpoints and lets the data directory go. */
  close(): Promise<void>;
}

/**
 * Opens a data directory and an experiments directory: checks the files, recovers the log, folds what the checkpoints
 * have not seen, and publishes what is due. When it resolves, everything works.
 *
 * @throws EXPERIMENTS_INVALID, NOT_SUPPORTED_YET, EXPERIMENTS_MISSING, DATA_DIR_LOCKED, PARTITIONS_FROZEN, LOG_DAMAGED,
 *   DATA_HOLE, LOG_MISMATCH, RETENTION_INVALID, DISK_FULL, KEY_FILE_INVALID
 */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const { clock = systemClock(), fs = disk(), logger = silent, data: directory } = options;
  const experiments = loadExperiments(await readExperimentFiles(options.experiments));
  const { partitions, segmentBytes, segmentAgeMs } = options;
  if (options.retention !== undefined) ruleOfPartition(options.retention, 1);
  const log = await openFileLog({
    ...{ fs, clock, logger, directory },
    ...(partitions === undefined ? {} : { partitions }),
    ...(segmentBytes === undefined ? {} : { segmentBytes }),
    ...(segmentAgeMs === undefined ? {} : { segmentAgeMs }),
  });
  try {
    const registry = createRegistry();
    const known = knownExperiments();
    await followConfig(log, registry, known);
    await log.config.append(planDefinitions(experiments, known, clock.now(), log.config.end));
    const folded = { sinceCheckpoint: 0 };
    const onFolded = (records: number): void => {
      folded.sinceCheckpoint += records;
    };
    const states = await fileState(fs, directory, logger);
    const owned: Partition[] = [];
    for (const { name } of log.partitions) {
      owned.push(await openPartition({ log, states, registry, index: Number(name), clock, logger, onFolded }));
    }
    const keys = await openKeyRing({
      configured: options.apiKeys ?? [],
      read: () => readKeyFile(fs, directory),
      kept: () => keptSigningKey(fs, directory),
      alwaysSign: options.keepSigningKey === true,
      logger,
    });
    const sticky = keptArms(options.sticky, directory, logger);
    const parts = { log, registry, known, partitions: owned, folded, keys, sticky };
    return await start({ ...options, clock, logger }, parts);
  } catch (cause) {
    await log.close().catch(() => {});
    throw diskFault(cause);
  }
}

interface Parts {
  readonly log: EventLog;
  readonly registry: Registry;
  readonly known: KnownExperiments;
  readonly partitions: readonly Partition[];
  readonly folded: { sinceCheckpoint: number };
  readonly keys: KeyRing;
  readonly sticky: StickyAssignment;
}

type StartOptions = EngineOptions & { readonly clock: Clock; readonly logger: Logger };

async function start(options: StartOptions, parts: Parts): Promise<Engine> {
  const { clock, logger } = options;
  const { log, registry, known, partitions, keys, sticky } = parts;
  const publisher = createPublisher({ config: log.config, partitions, registry, known, clock, logger });
  const served = servedSnapshot(log, registry, clock);
  let closing: Promise<void> | undefined;
  const retention = options.retention === undefined ? undefined : ruleOfPartition(options.retention, partitions.length);
  const isClosing = (): boolean => closing !== undefined;
  const duties = createDuties({ ...parts, publisher, served, clock, logger, closing: isClosing, retention });
  tellLogTime(partitions, clock.now(), logger);
  await duties.tick(true);
  await duties.publish();

  const door = { log: partitionsLog(partitions), registry, known, keys, clock, capacity: options.capacity };
  const append = createIngest(door);
  const ingest: Engine['ingest'] = async (items) => {
    if (closing !== undefined) throw serverError('CLOSED');
    return append(items);
  };
  const { onChange } = served;
  const snapshot = (): Snapshot => served.current;
  const decider = await createDecider({ snapshot, onSnapshot: onChange, ingest, keys, sticky, clock, logger });
  const stopLooking = clock.every(KEYS_MS, keys.refresh);
  const schedule = startSchedule(clock, registry, duties);
  const reloader = reloaderOf(options, parts, async () => {
    schedule.restart();
    await duties.publish();
  });
  const reload = duties.guarded('reload', reloader.reload);
  const unwatch = options.watch === false ? () => {} : watchExperimentFiles(options.experiments, clock, reload);
  const close = async (): Promise<void> => {
    unwatch();
    schedule.stop();
    stopLooking();
    await decider.close();
    await reloader.settled();
    await duties.lastCheckpoint();
    await log.close();
  };
  return {
    ...{ ingest, decide: decider.decide, onSnapshot: onChange, reload: reloader.reload },
    ...{ registry, known, keys, sticky, clock, logger, partitions },
    ...{ publish: duties.publish, checkpoint: duties.checkpoint, versionFaults: publisher.faults },
    ...viewsOf(() => partitions, clock),
    get snapshot() {
      return served.current;
    },
    get reloadFault() {
      return reloader.fault;
    },
    get failure() {
      return log.failure;
    },
    onFailure: (listener) => log.onFailure(listener),
    close() {
      closing ??= close();
      return closing;
    },
  };
}

function reloaderOf(options: StartOptions, parts: Parts, applied: () => Promise<void>): Reloader {
  const { clock, logger } = options;
  const { log, known } = parts;
  return createReloader({
    load: async () => loadExperiments(await readExperimentFiles(options.experiments)),
    plan: (experiments) => planDefinitions(experiments, known, clock.now(), log.config.end),
    async apply(events) {
      await log.config.append(events);
      await applied();
    },
    logger,
  });
}
