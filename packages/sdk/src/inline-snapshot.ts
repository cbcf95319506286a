import type { CatalogueEntry, InlineArm, InlineExperiment, InlineExperiments } from './catalogue.js';
import { checkKeys, refuse as refuseOption } from './option-checks.js';
import type { JsonValue } from './protocol/experiment.js';
import type { Snapshot, SnapshotExperiment } from './protocol/snapshot.js';

const NAME = /^[a-z0-9][a-z0-9_.-]{0,63}$/;
const BILLION = 1_000_000_000;

/** The version of snapshots that no server made. */
export const INLINE_VERSION = '0.0';

const refuse = (path: string, got: unknown, todo: string): never =>
  refuseOption(`${path} ${String(JSON.stringify(got)).slice(0, 80)}`, todo);

function checkName(path: string, name: unknown): void {
  if (typeof name === 'string' && NAME.test(name)) return;
  refuse(path, name, 'names have 1 to 64 of a-z 0-9 _ . - and begin with a letter or a digit');
}

const ARM_KEYS: readonly string[] = ['value', 'weight'];
const EXPERIMENT_KEYS: readonly string[] = ['arms', 'control', 'assign', 'reward', 'metrics', 'salt'];

/** Shares with nine decimals and sum exactly 1, by largest remainder; a positive share never becomes 0. */
function billionths(weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const exact = weights.map((weight) => (weight / total) * BILLION);
  const parts = exact.map((part) => Math.max(part > 0 ? 1 : 0, Math.floor(part)));
  const byRemainder = exact.map((_, k) => k).sort((i, j) => exact[j]! - parts[j]! - (exact[i]! - parts[i]!) || i - j);
  let left = BILLION - parts.reduce((sum, part) => sum + part, 0);
  for (let i = 0; left > 0; i = (i + 1) % parts.length, left -= 1) parts[byRemainder[i]!]! += 1;
  if (left < 0) parts[parts.indexOf(Math.max(...parts))]! += left;
  return parts.map((part) => part / BILLION);
}

type Arms = readonly (readonly [name: string, arm: InlineArm])[];

function armsOf(path: string, experiment: InlineExperiment): Arms {
  const { arms } = experiment;
  if (typeof arms !== 'object' || arms === null) refuse(`${path}.arms`, arms, "write arms: ['green', 'blue']");
  const entries: Arms = Array.isArray(arms)
    ? arms.map((name: string) => [name, {}] as const)
    : Object.entries(arms as { readonly [arm: string]: InlineArm });
  if (entries.length < 2) refuse(`${path}.arms`, arms, 'name two arms at least');
  const seen = new Set<string>();
  for (const [name, arm] of entries) {
    checkName(`${path}.arms`, name);
    if (seen.has(name)) refuse(`${path}.arms`, name, 'name each arm once');
    seen.add(name);
    checkKeys(`${path}.arms.${name}`, arm, ARM_KEYS);
    const weight = arm.weight ?? 1;
    if (!(typeof weight === 'number' && weight >= 0 && Number.isFinite(weight))) {
      refuse(`${path}.arms.${name}.weight`, weight, 'weights are numbers, 0 or more');
    }
  }
  if (!entries.some(([, arm]) => (arm.weight ?? 1) > 0)) {
    refuse(`${path}.arms`, arms, 'give one arm at least a weight above 0');
  }
  return entries;
}

function inlineExperiment(name: string, experiment: InlineExperiment): readonly [SnapshotExperiment, CatalogueEntry] {
  const path = `experiments.${name}`;
  checkName('experiments', name);
  checkKeys(path, experiment, EXPERIMENT_KEYS);
  const entries = armsOf(path, experiment);
  const control = experiment.control ?? entries[0]![0];
  if (!entries.some(([arm]) => arm === control)) refuse(`${path}.control`, control, 'name one of the arms');
  const assign = experiment.assign ?? 'unit';
  if (assign !== 'unit' && assign !== 'request') refuse(`${path}.assign`, assign, "write 'unit' or 'request'");
  const armValue = ([arm, { value }]: Arms[number]): unknown => (value === undefined ? arm : value);
  const sorted = [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
  const compiled: SnapshotExperiment = {
    version: INLINE_VERSION,
    hash: 1,
    salt: experiment.salt ?? name,
    definition: 'inline',
    assign,
    status: 'running',
    control,
    arms: sorted.map(([arm]) => arm),
    values: sorted.map(armValue) as JsonValue[],
    ...(experiment.reward === undefined ? {} : { reward: experiment.reward }),
    rules: [{ id: 'policy', weights: billionths(sorted.map(([, arm]) => arm.weight ?? 1)) }],
  };
  const { reward } = experiment;
  const metrics = [...(reward === undefined ? [] : [reward]), ...(experiment.metrics ?? [])];
  const entry: CatalogueEntry = {
    control,
    arms: Object.fromEntries(entries.map((arm) => [arm[0], armValue(arm)])),
    ...(reward === undefined ? {} : { reward }),
    ...(metrics.length === 0 ? {} : { metrics }),
  };
  return [compiled, entry];
}

/**
 * What inline experiments amount to: a snapshot of fixed weights, drawn like any other, and their catalogue entries.
 *
 * @throws ArmatureError OPTIONS_INVALID, naming the first fault
 */
export function inlineSnapshot(experiments: InlineExperiments): {
  readonly snapshot: Snapshot;
  readonly entries: ReadonlyMap<string, CatalogueEntry>;
} {
  const compiled: { [name: string]: SnapshotExperiment } = {};
  const entries = new Map<string, CatalogueEntry>();
  for (const [name, experiment] of Object.entries(experiments)) {
    const [one, entry] = inlineExperiment(name, experiment);
    compiled[name] = one;
    entries.set(name, entry);
  }
  return {
    snapshot: { schema: 1, version: INLINE_VERSION, hash: 'inline', issued: '', experiments: compiled },
    entries,
  };
}
