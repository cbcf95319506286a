import { type Cell, EMPTY_CELL, merge } from '@armature/sdk/policies';
import type { ArmStatistics, StatisticsCell } from '@armature/sdk/protocol';
import type { PartitionState } from './state.js';

/** A StatisticsCell while it grows. */
export interface MutableCell {
  readonly experiment: string;
  readonly version: string;
  readonly rule: string;
  readonly bucket: number;
  /** Its place among the cells, from 0, and whether it changed since it was written down last. */
  readonly order: number;
  changed: boolean;
  readonly arms: { opened: number; readonly metrics: Map<string, Cell> }[];
}

/** The cell of one (experiment, version, rule, bucket), made at its first use. */
export function cellFor(
  { cells, index }: Pick<PartitionState, 'cells' | 'index'>,
  experiment: string,
  version: string,
  rule: string,
  bucket: number,
  arms: number,
): MutableCell {
  const last = index.lastCell;
  if (last?.bucket === bucket && last.version === version && last.experiment === experiment && last.rule === rule) {
    return last;
  }
  const key = `${experiment}\0${version}\0${rule}\0${bucket}`;
  let cell = cells.get(key);
  if (cell === undefined) {
    cell = {
      experiment,
      version,
      rule,
      bucket,
      order: cells.size,
      changed: false,
      arms: Array.from({ length: arms }, () => ({ opened: 0, metrics: new Map() })),
    };
    cells.set(key, cell);
  }
  index.lastCell = cell;
  return cell;
}

/** The statistics of one partition, in the fixed order of `mergeStatistics`. */
export function statisticsOf(state: PartitionState): StatisticsCell[] {
  return [...state.cells.values()].map(freeze).sort(byKey);
}

function freeze(cell: MutableCell): StatisticsCell {
  const arms = cell.arms.map(
    ({ opened, metrics }): ArmStatistics => ({ opened, metrics: Object.fromEntries(metrics) }),
  );
  return { experiment: cell.experiment, version: cell.version, rule: cell.rule, bucket: cell.bucket, arms };
}

/**
 * Merges the statistics of several partitions, partitions in the order given and cells sorted by (experiment, version,
 * rule, bucket): the order is fixed, so that the same partitions give the same doubles.
 */
export function mergeStatistics(parts: readonly (readonly StatisticsCell[])[]): StatisticsCell[] {
  const merged = new Map<string, StatisticsCell>();
  for (const cell of parts.flat()) {
    const key = `${cell.experiment}\0${cell.version}\0${cell.rule}\0${cell.bucket}`;
    const known = merged.get(key);
    merged.set(
      key,
      known === undefined ? cell : { ...known, arms: known.arms.map((arm, k) => mergeArm(arm, cell.arms[k])) },
    );
  }
  return [...merged.values()].sort(byKey);
}

function mergeArm(a: ArmStatistics, b: ArmStatistics | undefined): ArmStatistics {
  if (b === undefined) return a;
  const metrics: Record<string, Cell> = { ...a.metrics };
  for (const [name, cell] of Object.entries(b.metrics)) metrics[name] = merge(metrics[name] ?? EMPTY_CELL, cell);
  return { opened: a.opened + b.opened, metrics };
}

/** The cells of one metric in one learning epoch, merged per arm over versions, rules and buckets. `arms` names the order. */
export function mergedCells(
  statistics: readonly StatisticsCell[],
  experiment: string,
  epoch: string,
  arms: readonly string[],
  metric: string,
  armsOf: (version: string) => readonly string[],
): Cell[] {
  const cells = arms.map(() => EMPTY_CELL);
  for (const cell of statistics) {
    if (cell.experiment !== experiment || epochOf(cell.version) !== epoch) continue;
    for (const [index, name] of armsOf(cell.version).entries()) {
      const k = arms.indexOf(name);
      const found = cell.arms[index]?.metrics[metric];
      if (k >= 0 && found !== undefined) cells[k] = merge(cells[k] ?? EMPTY_CELL, found);
    }
  }
  return cells;
}

/** The learning epoch of a version: what stands before the dot. */
export function epochOf(version: string): string {
  return version.slice(0, version.indexOf('.'));
}

function byKey(a: StatisticsCell, b: StatisticsCell): number {
  return (
    compare(a.experiment, b.experiment) ||
    compareVersions(a.version, b.version) ||
    compare(a.rule, b.rule) ||
    a.bucket - b.bucket
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Orders versions by epoch, then by sequence. */
export function compareVersions(a: string, b: string): number {
  const [epochA = 0, sequenceA = 0] = a.split('.').map(Number);
  const [epochB = 0, sequenceB = 0] = b.split('.').map(Number);
  return epochA - epochB || sequenceA - sequenceB;
}
