import { mergedCells, type Registry } from '@armature/analysis/fold';
import type {
  Assign,
  ChangeEffect,
  ConfigEvent,
  Experiment,
  Snapshot,
  SnapshotData,
  SnapshotExperiment,
  StatisticsCell,
} from '@armature/sdk/protocol';
import { nextVersion, type VersionInput } from '../aggregation/next-version.js';
import { type InForce, snapshotOf } from '../aggregation/snapshot-of.js';
import { epochAfter, type KnownExperiments } from '../ingest/known-experiments.js';
import { type ChangedKey, changedKeys } from './changed-keys.js';
import { type Movement, movedUnits } from './moved-units.js';
import { planDefinitions } from './plan-definitions.js';

/** What is served, and what it rests on. */
export interface ServedState {
  readonly registry: Registry;
  readonly known: KnownExperiments;
  /** All statistics, merged in fixed order. */
  readonly statistics: readonly StatisticsCell[];
  /** Open trials and waiting rewards, by experiment. */
  readonly open: ReadonlyMap<string, number>;
  readonly waiting: ReadonlyMap<string, number>;
}

/** `paused`: a change after which nobody is drawn, by `status`. */
export type Change = 'created' | 'changed' | 'paused' | 'removed' | 'unchanged';

/** What serving a set of experiments would do to one of them. */
export interface ExperimentPlan {
  readonly experiment: string;
  readonly change: Change;
  /** What becomes of what was learnt; null where nothing changes or nothing was there. */
  readonly effect: ChangeEffect | null;
  readonly keys: readonly ChangedKey[];
  /** Probabilities of the draw, in code-point order of arm; null where an arm is absent or nobody is drawn. */
  readonly weights: readonly { readonly arm: string; readonly from: number | null; readonly to: number | null }[];
  /** Null where nothing was served or nothing changes. */
  readonly moves: Movement | null;
  /** Trials that are open now, and rewards that wait for their decision. */
  readonly openTrials: number;
  readonly waitingRewards: number;
  /** What is randomised before and after; null where nothing is served. */
  readonly assign: { readonly from: Assign | null; readonly to: Assign | null };
  /** Whether all units are drawn again when the period in which the change falls is over. */
  readonly periodic: boolean;
}

export interface Plan {
  readonly experiments: readonly ExperimentPlan[];
  /** What is served now, and what would be served. */
  readonly before: Snapshot;
  readonly after: Snapshot;
}

/** What would be in force after the records of a plan. */
function inForceAfter(base: Registry, events: readonly ConfigEvent[], versions: readonly SnapshotData[]): InForce {
  const definitions = new Map(events.map(({ data }) => [data.definition, data.body]));
  const latest = new Map(versions.map((version) => [version.experiment, version]));
  const applied = new Map(base.applied());
  for (const { data } of events) {
    if (data.action === 'applied') applied.set(data.experiment, data.definition);
    else applied.delete(data.experiment);
  }
  return {
    definition: (hash) => definitions.get(hash) ?? base.definition(hash),
    latest: (experiment) => latest.get(experiment) ?? base.latest(experiment),
    applied: () => applied,
  };
}

/** The version that the publisher would make for each definition that is applied. */
function firstVersions(events: readonly ConfigEvent[], state: ServedState, now: number): readonly SnapshotData[] {
  return events.flatMap(({ data }) => {
    if (data.action === 'removed') return [];
    const { experiment, definition, body } = data;
    const { registry, statistics } = state;
    const epoch = epochAfter(state.known.get(experiment), data);
    const previous = registry.latest(experiment);
    const armsOf = (version: string): readonly string[] => registry.version(experiment, version)?.arms ?? [];
    const cells: VersionInput['cells'] = (arms, metric) =>
      mergedCells(statistics, experiment, String(epoch), arms, metric, armsOf);
    const input = { experiment: body, definition, epoch, previous, cells };
    return nextVersion({ ...input, restedOn: 0, asOf: {}, now })?.data ?? [];
  });
}

const drawnBy = (served: SnapshotExperiment | undefined): readonly number[] | undefined =>
  served?.status === 'running' ? served.rules.find(({ randomised }) => randomised !== false)?.weights : undefined;

function weightsOf(
  before: SnapshotExperiment | undefined,
  after: SnapshotExperiment | undefined,
): ExperimentPlan['weights'] {
  const arms = [...new Set([...(before?.arms ?? []), ...(after?.arms ?? [])])].sort();
  const [p, q] = [drawnBy(before), drawnBy(after)];
  return arms.map((arm) => ({
    arm,
    from: p?.[before?.arms.indexOf(arm) ?? -1] ?? null,
    to: q?.[after?.arms.indexOf(arm) ?? -1] ?? null,
  }));
}

function changeOf(event: ConfigEvent | undefined, served: Experiment | undefined): Change {
  if (event === undefined) return 'unchanged';
  if (event.data.action === 'removed') return 'removed';
  if (served === undefined) return 'created';
  return served.status === 'running' && event.data.body.status !== 'running' ? 'paused' : 'changed';
}

/**
 * What serving a set of experiments would do to what is served: by the records that a server would write, the versions
 * its publisher would make of the statistics as they are, and the exact share of units that they would move.
 *
 * @param experiments all that would be served: those that are missing go
 * @param now ms since the epoch
 * @throws PolicyError where the policy has no weights
 */
export function planChanges(experiments: readonly Experiment[], state: ServedState, now: number): Plan {
  const { known, registry } = state;
  const events = planDefinitions(experiments, known, now, 0);
  const before = snapshotOf(registry, '0.0', now);
  const after = snapshotOf(inForceAfter(registry, events, firstVersions(events, state, now)), '0.1', now);
  const names = new Set([...Object.keys(before.experiments), ...experiments.map(({ id }) => id)]);
  for (const { data } of events) names.add(data.experiment);
  const plans = [...names].sort().map((name): ExperimentPlan => {
    const event = events.find(({ data }) => data.experiment === name);
    const served = known.get(name);
    const inForce = served?.applied ? served.current : undefined;
    const [was, will] = [before.experiments[name], after.experiments[name]];
    const change = changeOf(event, inForce);
    const body = event?.data.action === 'applied' ? event.data.body : undefined;
    return {
      experiment: name,
      change,
      effect: served === undefined ? null : (event?.data.effect ?? null),
      keys: served !== undefined && body !== undefined ? changedKeys(served.current, body) : [],
      weights: weightsOf(was, will),
      moves: was === undefined || change === 'unchanged' ? null : movedUnits(was, will),
      openTrials: state.open.get(name) ?? 0,
      waitingRewards: state.waiting.get(name) ?? 0,
      assign: { from: was?.assign ?? null, to: will?.assign ?? null },
      periodic: will?.period !== undefined,
    };
  });
  return { experiments: plans, before, after };
}
