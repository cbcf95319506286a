import type { Registry } from '@armature/analysis/fold';
import {
  contentHash,
  type Experiment,
  type Rule,
  type Snapshot,
  type SnapshotExperiment,
} from '@armature/sdk/protocol';

/** What a snapshot is made of. */
export type InForce = Pick<Registry, 'applied' | 'latest' | 'definition'>;

const oneHot = (experiment: Experiment, arm: string): readonly number[] =>
  experiment.arms.map(({ id }) => (id === arm ? 1 : 0));

/**
 * What clients get to see of one experiment: its version in force, under the definition that version was made for.
 * Undefined before the first version.
 */
function experimentOf(name: string, registry: InForce): SnapshotExperiment | undefined {
  const version = registry.latest(name);
  const experiment = version && registry.definition(version.definition);
  if (version === undefined || experiment === undefined) return undefined;
  const plain = experiment.arms.every((arm) => arm.value === arm.id);
  return {
    version: version.version,
    ...(version.period === undefined ? {} : { period: version.period }),
    hash: experiment.hash,
    salt: experiment.salt,
    definition: version.definition,
    assign: experiment.assign,
    status: experiment.status,
    control: experiment.control,
    arms: version.arms,
    ...(plain ? {} : { values: experiment.arms.map((arm) => arm.value) }),
    ...(experiment.reward === undefined ? {} : { reward: experiment.reward }),
    ...(experiment.holdout === undefined ? {} : { holdout: experiment.holdout }),
    ...(experiment.layer === undefined ? {} : { layer: experiment.layer }),
    ...(experiment.traffic === 1 ? {} : { traffic: experiment.traffic }),
    rules: rulesOf(experiment, version.rules.policy),
  };
}

/** Overrides first, then a pinned arm, then the audience's draw. Who matches none of them is excluded. */
function rulesOf(experiment: Experiment, policy: readonly number[] | undefined): readonly Rule[] {
  const rules: Rule[] = experiment.overrides.map((override) => ({
    id: override.id,
    if: override.if,
    weights: oneHot(experiment, override.arm),
    randomised: false,
  }));
  const pinned = experiment.ship ?? (policy === undefined ? experiment.control : undefined);
  if (pinned !== undefined) {
    rules.push({ id: 'ship', weights: oneHot(experiment, pinned), randomised: false, reason: 'static' });
  } else if (policy !== undefined) {
    const audience = experiment.audience.length > 0 ? { if: experiment.audience } : {};
    rules.push({ id: 'policy', ...audience, weights: policy });
  }
  return rules;
}

/**
 * The snapshot that is served: every experiment in force that has a version. Its own version is "epoch.sequence", epoch
 * being the second in which the log was made and sequence the length of the config log, so that neither ever goes back.
 */
export function snapshotOf(registry: InForce, version: string, now: number): Snapshot {
  const experiments: { [experiment: string]: SnapshotExperiment } = {};
  for (const name of [...registry.applied().keys()].sort()) {
    const experiment = experimentOf(name, registry);
    if (experiment !== undefined) experiments[name] = experiment;
  }
  return { schema: 1, version, hash: contentHash(experiments), issued: new Date(now).toISOString(), experiments };
}
