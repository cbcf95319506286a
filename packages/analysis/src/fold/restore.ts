import { startJournal } from './changes.js';
import { STATE_SCHEMA, type StateHead } from './encode.js';
import { emptyIdSet, type IdSet } from './id-set.js';
import { type IdTable, tableOf } from './id-table.js';
import type { TrialPart } from './journal.js';
import type { PlainCell, PlainTrial } from './plain.js';
import type { Registry } from './registry.js';
import { emptyState, NOTHING_CLOSED, NOTHING_KEPT, type PartitionState, type Trial } from './state.js';
import { cellFor } from './statistics.js';
import { bucketOf, indexTrial } from './trials.js';

/** A state as it was written down: the head of the last changes, and the parts that it named, in its order. */
export interface WrittenState {
  readonly head: string;
  readonly parts: ReadonlyMap<string, Uint8Array>;
}

/** Whether a head was written by this version. A state of another is folded anew from the log, which is the truth. */
export function isCurrentState(head: string): boolean {
  return head.startsWith(`{"schema":${STATE_SCHEMA},`);
}

/**
 * Reads back what `takeChanges` gave, with the journal that goes on from there.
 *
 * @throws when it is no such state, or the registry lacks a definition that an open trial names
 */
export function restoreState({ head: text, parts }: WrittenState, registry: Registry): PartitionState {
  const head = JSON.parse(text) as StateHead;
  if (head.schema !== STATE_SCHEMA) {
    throw new Error(`a state of schema ${String(head.schema)}; this version reads schema ${STATE_SCHEMA}`);
  }
  const state = emptyState();
  startJournal(state);
  const { health, unexposed, exposures, waiting, schema: _, ...numbers } = head;
  Object.assign(state, numbers);
  for (const [experiment, counts] of health) state.health.set(experiment, counts);
  for (const [id, entry] of unexposed) state.unexposed.set(id, entry);
  for (const [id, at] of exposures) state.exposures.set(id, at);
  for (const [key, rewards] of waiting) state.waiting.set(key, [...rewards]);
  for (const [name, bytes] of parts) restorePart(state, name, bytes);
  restoreTrials(state, parts, registry);
  if (state.journal !== undefined) state.journal.whole = false;
  return state;
}

const decoder = new TextDecoder();
const linesOf = (bytes: Uint8Array): string[] => decoder.decode(bytes).split('\n').slice(0, -1);

function restorePart(state: PartitionState, name: string, bytes: Uint8Array): void {
  const [kind, second = '', third = '', ...rest] = name.split('.');
  switch (kind) {
    case 'cells':
      for (const line of linesOf(bytes)) restoreCell(state, JSON.parse(line) as PlainCell);
      if (state.journal !== undefined) state.journal.cellGroups[Number(second)] = Number(third);
      return;
    case 'ids':
    case 'uncounted':
      state[kind][second === 'uuids' ? 'uuids' : 'keys'].set(Number(third), tableOf(bytes));
      return;
    case 'rewardIds':
    case 'exposureIds':
      restoreIds(state[kind], decodeURIComponent(rest.join('.')), Number(third), tableOf(bytes));
      return;
    case 'units':
      restoreUnits(state, decodeURIComponent(rest.join('.')), Number(second), Number(third), tableOf(bytes));
  }
}

function restoreIds(sets: Map<string, IdSet>, experiment: string, bucket: number, table: IdTable): void {
  const set = sets.get(experiment) ?? emptyIdSet();
  sets.set(experiment, set);
  set.uuids.set(bucket, table);
}

function restoreUnits(state: PartitionState, experiment: string, epoch: number, period: number, table: IdTable): void {
  const epochs = state.units.get(experiment) ?? new Map<number, Map<number, IdTable>>();
  state.units.set(experiment, epochs);
  const periods = epochs.get(epoch) ?? new Map<number, IdTable>();
  epochs.set(epoch, periods);
  periods.set(period, table);
}

function restoreCell(state: PartitionState, cell: PlainCell): void {
  const arms = cell.arms.map(({ opened, metrics }) => ({ opened, metrics: new Map(metrics) }));
  const key = `${cell.experiment}\0${cell.version}\0${cell.rule}\0${cell.bucket}`;
  state.cells.set(key, { ...cell, changed: false, arms });
}

/** The last line of each trial counts; the open ones come back in the order in which they opened. */
function restoreTrials(state: PartitionState, parts: ReadonlyMap<string, Uint8Array>, registry: Registry): void {
  const last = new Map<number, { readonly line: string; readonly part: TrialPart }>();
  for (const [name, bytes] of parts) {
    if (!name.startsWith('trials.')) continue;
    const lines = linesOf(bytes);
    const part: TrialPart = { number: Number(name.slice('trials.'.length)), lines: lines.length, live: 0 };
    state.journal?.trialParts.push(part);
    for (const line of lines) {
      if (!line.startsWith('{')) last.delete(Number(line));
      else last.set(orderOf(line), { line, part });
    }
  }
  for (const [, { line, part }] of [...last].sort(([a], [b]) => a - b)) {
    part.live += 1;
    restoreTrial(state, JSON.parse(line) as PlainTrial, part.number, registry);
  }
}

/** A trial's line begins with its order, so that outdated lines need not be parsed. */
function orderOf(line: string): number {
  return Number.parseInt(line.slice('{"order":'.length), 10);
}

function restoreTrial(state: PartitionState, plain: PlainTrial, part: number, registry: Registry): void {
  const experiment = registry.definition(plain.definition);
  if (experiment === undefined)
    throw new Error(`the config log lacks the definition ${plain.definition} of an open trial`);
  const { experiment: id, version, rule, arm, time, unit } = plain;
  const arms = registry.version(id, version)?.arms.length ?? arm + 1;
  const cell = cellFor(state, id, version, rule, bucketOf(time, experiment), arms);
  const [first = '', ...more] = plain.decisions;
  // The fields in the order of a trial that has just opened: both are objects of one shape.
  const trial: Trial = {
    key: plain.key,
    experiment: id,
    definition: plain.definition,
    version,
    rule,
    arm,
    time,
    at: plain.at,
    unit,
    first,
    more: more.length === 0 ? undefined : more,
    kept: plain.kept.length === 0 ? NOTHING_KEPT : plain.kept.map(([metric, kept]) => ({ metric, ...kept })),
    closed: plain.closed.length === 0 ? NOTHING_CLOSED : new Set(plain.closed),
    order: plain.order,
    part,
    changed: false,
    cell,
  };
  state.trials.set(trial.key, trial);
  indexTrial(state, trial, experiment);
}
