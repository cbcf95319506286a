import type { Registry } from '@armature/analysis/fold';
import { type Cell, EMPTY_CELL, merge, PolicyError } from '@armature/sdk/policies';
import { EVENT_TYPES, type Experiment, type SnapshotData, type SnapshotEvent } from '@armature/sdk/protocol';
import type { KnownExperiments } from '../ingest/known-experiments.js';
import type { Clock, ConfigLog, Logger } from '../ports.js';
import { type NextVersion, nextVersion, periodAt, restsOn, type VersionInput } from './next-version.js';
import type { RunningTotals } from './running-totals.js';

/** Computes versions and puts them into the log. What is in force is what the log holds. */
export interface Publisher {
  /**
   * Makes the versions that are due. Resolves with whether any became durable; calls do not overlap. An experiment whose
   * version cannot be computed keeps the one in force, which is told, and holds up no other.
   */
  publish(): Promise<boolean>;
  /** Why an experiment's next version could not be made or written; the one in force stands meanwhile. */
  faults(): ReadonlyMap<string, Error>;
}

/** What the publisher sees of a partition: sums, and how many records are in them. */
export interface PublishedPartition {
  readonly index: number;
  readonly state: { readonly offset: number };
  readonly totals: Pick<RunningTotals, 'cells'>;
}

export interface PublisherOptions {
  readonly config: Pick<ConfigLog, 'append'>;
  readonly partitions: readonly PublishedPartition[];
  readonly registry: Registry;
  readonly known: KnownExperiments;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Published {
  readonly at: number;
  /** When it was last looked at: under load nothing is gained by looking at every record. */
  readonly lookedAt: number;
  /** Closed trials the version rests on. */
  readonly trials: number;
  /** Records folded when it was last looked at. */
  readonly seen: number;
  /** The definition it was looked at for. */
  readonly definition: string;
  /** What was wrong when it was last looked at: told once, not at every look. */
  readonly fault?: Error;
}

const LONGEST_PAUSE_MS = 250;

/** A version that did not come into the log, and the one that was the newest then. */
interface Unwritten {
  readonly cause: Error;
  readonly latest: string | undefined;
}

interface InForce {
  readonly experiment: Experiment;
  readonly definition: string;
}

/** The definitions in force, by name. */
function inForce(registry: Registry): readonly InForce[] {
  const applied = [...registry.applied()].sort(([a], [b]) => (a < b ? -1 : 1));
  return applied.flatMap(([, definition]) => {
    const experiment = registry.definition(definition);
    return experiment === undefined ? [] : [{ experiment, definition }];
  });
}

/** Whether an experiment has to be looked at: cheap, since it is asked many times a second. */
function isDue(
  { experiment, definition }: InForce,
  latest: SnapshotData | undefined,
  last: Published | undefined,
  folded: number,
  now: number,
): boolean {
  const failed = last?.fault !== undefined && last.definition === definition;
  if (failed && now - last.lookedAt < LONGEST_PAUSE_MS) return false;
  if (latest === undefined || latest.definition !== definition) return true;
  if (experiment.status !== 'running') return false;
  const period = periodAt(experiment, now);
  if (period !== undefined) return period > (latest.period ?? -1);
  if (experiment.policy.kind === 'fixed') return false;
  if (last === undefined) return true;
  const pause = Math.min(experiment.updateMs / 4, LONGEST_PAUSE_MS);
  return now - last.at >= experiment.updateMs && now - last.lookedAt >= pause && folded > last.seen;
}

/** The publisher of a log: the owner of all its partitions. */
export function createPublisher(options: PublisherOptions): Publisher {
  const { config, partitions, registry, known, clock, logger } = options;
  const published = new Map<string, Published>();
  const unwritten = new Map<string, Unwritten>();
  let running: Promise<boolean> | undefined;
  const folded = (): number => partitions.reduce((sum, { state }) => sum + state.offset, 0);

  const next = ({ experiment, definition }: InForce, now: number): NextVersion | undefined => {
    const previous = registry.latest(experiment.id);
    const epoch = known.get(experiment.id)?.epoch ?? 1;
    const cells: VersionInput['cells'] = (arms, metric) => mergedTotals(partitions, experiment.id, epoch, arms, metric);
    const input = { experiment, definition, epoch, cells };
    const last = published.get(experiment.id);
    const restedOn = last?.trials ?? (previous === undefined ? 0 : (previous.trials ?? restsOn(input)));
    const asOf = Object.fromEntries(partitions.map(({ index, state }) => [String(index), state.offset]));
    const { made, fault } = attempt(() => nextVersion({ ...input, previous, restedOn, asOf, now }));
    if (fault !== undefined && kindOf(fault) !== kindOf(last?.fault)) {
      const version = made?.data.version ?? previous?.version ?? 'none';
      logger.error('no weights', { experiment: experiment.id, version, kind: kindOf(fault), cause: String(fault) });
    }
    const at = made === undefined && last !== undefined ? last.at : now;
    const looked = { at, lookedAt: now, trials: made?.trials ?? restedOn, seen: folded(), definition };
    published.set(experiment.id, fault === undefined ? looked : { ...looked, fault });
    return made;
  };
  const run = async (): Promise<boolean> => {
    const now = clock.now();
    const due = inForce(registry).filter((each) => {
      const { id } = each.experiment;
      return isDue(each, registry.latest(id), published.get(id), folded(), now);
    });
    if (due.length === 0) return false;
    const before = new Map(published);
    const made = due.flatMap((each) => next(each, now) ?? []);
    if (made.length === 0) return false;
    const latest = new Map(made.map(({ data }) => [data.experiment, registry.latest(data.experiment)?.version]));
    try {
      await config.append(made.map(({ data }) => versionRecord(data, now)));
    } catch (cause) {
      // What is not in the log was not published: it is due again.
      for (const { data } of made) {
        restore(published, before, data.experiment);
        unwritten.set(data.experiment, { cause: asError(cause), latest: latest.get(data.experiment) });
      }
      throw cause;
    }
    for (const { data } of made) unwritten.delete(data.experiment);
    return true;
  };
  return {
    publish() {
      running ??= run().finally(() => {
        running = undefined;
      });
      return running;
    },
    faults: () => faultsOf(registry, published, unwritten),
  };
}

/** All partitions' cells of one metric, merged in the order of the partitions. */
function mergedTotals(
  partitions: readonly Pick<PublishedPartition, 'totals'>[],
  experiment: string,
  epoch: number,
  arms: readonly string[],
  metric: string,
): readonly Cell[] {
  const parts = partitions.map(({ totals }) => totals.cells(experiment, epoch, arms, metric));
  return arms.map((_, k) => parts.reduce((sum, cells) => merge(sum, cells[k] ?? EMPTY_CELL), EMPTY_CELL));
}

/** A version that was not written is no fault any more when there is a newer one, whoever wrote it. */
function faultsOf(
  registry: Registry,
  published: ReadonlyMap<string, Published>,
  unwritten: ReadonlyMap<string, Unwritten>,
): ReadonlyMap<string, Error> {
  const faults = new Map<string, Error>();
  for (const id of registry.applied().keys()) {
    const missing = unwritten.get(id);
    const isMissing = missing !== undefined && missing.latest === registry.latest(id)?.version;
    const fault = isMissing ? missing.cause : published.get(id)?.fault;
    if (fault !== undefined) faults.set(id, fault);
  }
  return faults;
}

const asError = (cause: unknown): Error => (cause instanceof Error ? cause : new Error(String(cause)));

function restore(published: Map<string, Published>, before: ReadonlyMap<string, Published>, experiment: string): void {
  const known = before.get(experiment);
  if (known === undefined) published.delete(experiment);
  else published.set(experiment, known);
}

/** The version, or what kept it from being made: one experiment's rewards must not stop the others. */
function attempt(make: () => NextVersion | undefined): { readonly made?: NextVersion; readonly fault?: Error } {
  try {
    const made = make();
    if (made === undefined) return {};
    return made.fault === undefined ? { made } : { made, fault: made.fault };
  } catch (cause) {
    return { fault: asError(cause) };
  }
}

function kindOf(fault: Error | undefined): string | undefined {
  return fault instanceof PolicyError ? fault.code : fault?.message;
}

function versionRecord(data: SnapshotData, now: number): SnapshotEvent {
  return {
    specversion: '1.0',
    type: EVENT_TYPES.snapshot,
    source: '/server',
    id: `version-${data.experiment}-${data.version}`,
    time: new Date(now).toISOString(),
    data,
  };
}
