import type { Outcome } from './decision.js';
import { type Gate, prepareStages, type Stage, stageOdds } from './policies/outer-stages.js';
import type { Reason } from './protocol/event.js';
import type { SnapshotExperiment } from './protocol/snapshot.js';

/** The stages before an experiment's draw, ready to be met. */
export interface CompiledStages {
  readonly gates: readonly Gate[];
  /** What a key gets that a stage stops. */
  readonly outcomes: { readonly [stage in Stage]: Outcome };
}

const isShare = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value <= 1;
const isName = (value: unknown): boolean => typeof value === 'string' && value !== '';

/** The field of an experiment that says nothing a stage could go by. The server has checked the rest. */
export function stageFault({
  holdout,
  layer,
  traffic,
}: SnapshotExperiment): 'holdout' | 'layer' | 'traffic' | undefined {
  if (holdout !== undefined && !(isShare(holdout?.share) && isName(holdout.name ?? '-'))) return 'holdout';
  const [from, to] = Array.isArray(layer?.slot) ? layer.slot : [];
  if (layer !== undefined && !(isName(layer?.name) && isShare(from) && isShare(to) && from < to)) return 'layer';
  return traffic === undefined || (isShare(traffic) && traffic > 0) ? undefined : 'traffic';
}

/**
 * @param control makes the outcome of the control arm for a reason
 * @returns undefined where no stage stops anybody
 */
export function compileStages(
  experiment: SnapshotExperiment,
  control: (reason: Reason) => Outcome,
): CompiledStages | undefined {
  const gates = prepareStages(experiment.salt, experiment);
  if (gates.length === 0) return undefined;
  const odds = stageOdds(experiment);
  const excluded = { ...control('excluded'), outer: odds.excluded };
  const holdout = { ...control('holdout'), outer: odds.holdout };
  return { gates, outcomes: { holdout, layer: excluded, traffic: excluded } };
}
