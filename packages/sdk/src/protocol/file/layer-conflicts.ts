import type { Experiment } from '../experiment.js';
import { show } from '../show.js';
import type { Fault } from './faults.js';
import type { Place, Tree } from './yaml-tree.js';

/** An experiment, and where it was read from. */
export interface PlacedExperiment {
  readonly experiment: Experiment;
  readonly file: string;
  readonly tree: Tree;
}

type Slot = readonly [from: number, to: number];

const percent = (share: number): string => `${Number((share * 100).toPrecision(12))}%`;
const span = ([from, to]: Slot): string => `[${percent(from)}, ${percent(to)}]`;

/** Where the value of a key stands. */
function placeOf(tree: Tree, key: string): Place {
  const entry = tree.kind === 'map' ? tree.entries.find((candidate) => candidate.key === key) : undefined;
  return entry?.value.at ?? tree.at;
}

const cited = ({ experiment, file, tree }: PlacedExperiment, key: string): string =>
  `${experiment.id} (${file}:${placeOf(tree, key).line})`;

/** An experiment that draws nobody any more frees its slot. */
const holds = ({ status, ship }: Experiment): boolean => status !== 'ended' && ship === undefined;

/** What no slot takes, in order. */
function freeSlots(taken: readonly Slot[]): readonly Slot[] {
  const free: Slot[] = [];
  let end = 0;
  for (const [from, to] of [...taken].sort((a, b) => a[0] - b[0])) {
    if (from > end) free.push([end, from]);
    end = Math.max(end, to);
  }
  return end < 1 ? [...free, [end, 1]] : free;
}

function overlapFault(next: PlacedExperiment, slot: Slot, others: readonly PlacedExperiment[]): Fault | undefined {
  const taken = others.flatMap(({ experiment: { layer } }) => (layer === undefined ? [] : [layer.slot]));
  const met = others.filter(({ experiment: { layer } }) => layer && layer.slot[0] < slot[1] && slot[0] < layer.slot[1]);
  if (met.length === 0) return undefined;
  const names = met.map((other) => `${cited(other, 'layer')} has ${span(other.experiment.layer?.slot ?? [0, 1])}`);
  const free = freeSlots(taken);
  const room = free.length === 0 ? 'the layer is full' : `free: ${free.map(span).join(', ')}`;
  return {
    file: next.file,
    ...placeOf(next.tree, 'layer'),
    path: 'layer.slot',
    what: `${next.experiment.id} shares units of layer ${next.experiment.layer?.name} with other experiments`,
    got: span(slot),
    todo: `${names.join(', ')}; ${room}`,
  };
}

function holdoutFault(next: PlacedExperiment, first: PlacedExperiment | undefined): Fault | undefined {
  const mine = next.experiment.holdout;
  const other = first?.experiment.holdout;
  if (first === undefined || mine === undefined || other === undefined || mine.share === other.share) return undefined;
  return {
    file: next.file,
    ...placeOf(next.tree, 'holdout'),
    path: 'holdout.share',
    what: `two shares of one holdout ${show(mine.name)}`,
    got: percent(mine.share),
    todo: `${cited(first, 'holdout')} has ${percent(other.share)}: write the same, or another name`,
  };
}

/**
 * What the experiments of a set contradict each other in: slots of one layer that overlap (so also more than 100 % of
 * it), and one holdout with two shares. Each fault names the other experiments and what is free.
 */
export function layerConflicts(found: readonly PlacedExperiment[]): readonly Fault[] {
  const faults: Fault[] = [];
  const layers = new Map<string, PlacedExperiment[]>();
  const holdouts = new Map<string, PlacedExperiment>();
  for (const next of found.filter(({ experiment }) => holds(experiment))) {
    const { layer, holdout } = next.experiment;
    if (layer !== undefined) {
      const others = layers.get(layer.name) ?? [];
      const fault = overlapFault(next, layer.slot, others);
      if (fault !== undefined) faults.push(fault);
      layers.set(layer.name, [...others, next]);
    }
    if (holdout?.name !== undefined) {
      const fault = holdoutFault(next, holdouts.get(holdout.name));
      if (fault !== undefined) faults.push(fault);
      else if (!holdouts.has(holdout.name)) holdouts.set(holdout.name, next);
    }
  }
  return faults;
}
