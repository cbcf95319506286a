import { stateHead } from './encode.js';
import { type IdTable, refresh, takeFresh } from './id-table.js';
import { emptyJournal, type Journal, noteCell, noteTrial, type TrialPart } from './journal.js';
import { plainCell, plainTrial } from './plain.js';
import type { PartitionState } from './state.js';

/**
 * What changed in a partition's state: bytes that are added to named parts, and the little that is written anew each
 * time. With the changes before them they are the whole state.
 */
export interface StateChanges {
  /** Whether they are the first: what was written before belongs to another state. */
  readonly whole: boolean;
  /** What is written anew each time, as JSON. */
  readonly head: string;
  /** Bytes to add to each part that changed. */
  readonly added: ReadonlyMap<string, readonly Uint8Array[]>;
  /** All parts that the state consists of, in the order in which they are read back. Others are needed no more. */
  readonly parts: readonly string[];
}

/** Cells that are written together, whenever one of them changes. */
const CELLS_IN_GROUP = 64;
const LINES_IN_PART = 16_384;
/** Changed trials that are written without waiting for a checkpoint: some milliseconds of work. */
const CHANGED_MOST = 4096;
/** Lines in the log of trials for each open one, above which its oldest part is written anew. */
const MOST_LINES = 3;

/** From here on a state notes what changes in it. All that is in it now has still to be written. */
export function startJournal(state: PartitionState): void {
  state.journal = emptyJournal();
  for (const trial of state.trials.values()) {
    trial.part = -1;
    trial.changed = false;
    noteTrial(state, trial);
  }
  for (const cell of state.cells.values()) {
    cell.changed = false;
    noteCell(state, cell);
  }
  for (const [, table] of tables(state)) refresh(table);
}

/** From here on a state notes nothing. */
export function stopJournal(state: PartitionState): void {
  state.journal = undefined;
  for (const [, table] of tables(state)) {
    table.fresh = undefined;
    table.freshCount = 0;
  }
}

const encoder = new TextEncoder();

function append({ written }: Journal, part: string, bytes: Uint8Array): void {
  const chunks = written.get(part);
  if (chunks === undefined) written.set(part, [bytes]);
  else chunks.push(bytes);
}

/** Writes changed trials down where they are many, so that no checkpoint has much to write at once. */
export function writeMany(state: PartitionState): void {
  if (state.journal !== undefined && state.journal.trials.length >= CHANGED_MOST) writeTrials(state, state.journal);
}

function lastPart({ trialParts }: Journal): TrialPart {
  const last = trialParts.at(-1);
  if (last !== undefined && last.lines < LINES_IN_PART) return last;
  const next = { number: (last?.number ?? -1) + 1, lines: 0, live: 0 };
  trialParts.push(next);
  return next;
}

function partOf({ trialParts }: Journal, number: number): TrialPart | undefined {
  const first = trialParts[0];
  return first === undefined ? undefined : trialParts[number - first.number];
}

/**
 * Adds a line for each changed trial to the log of trials: the trial as it is, or the place in order of one that has
 * closed. The last line of a trial counts.
 */
function writeTrials(state: PartitionState, journal: Journal): void {
  const { trials } = journal;
  journal.trials = [];
  let lines: string[] = [];
  let part = lastPart(journal);
  const flush = (): void => {
    if (lines.length > 0) append(journal, `trials.${part.number}`, encoder.encode(`${lines.join('\n')}\n`));
    lines = [];
  };
  for (const trial of trials) {
    trial.changed = false;
    const open = state.trials.get(trial.key) === trial;
    const before = partOf(journal, trial.part);
    if (!open && trial.part < 0) continue;
    if (before !== undefined) before.live -= 1;
    if (part.lines === LINES_IN_PART) {
      flush();
      part = lastPart(journal);
    }
    lines.push(open ? JSON.stringify(plainTrial(trial)) : String(trial.order));
    part.lines += 1;
    if (open) part.live += 1;
    trial.part = open ? part.number : -1;
  }
  flush();
}

/** Drops the oldest parts that no open trial needs, and has the oldest written anew where most lines are outdated. */
function cleanTrials(state: PartitionState, journal: Journal): void {
  const { trialParts } = journal;
  const dropOld = (): void => {
    while (trialParts.length > 1 && trialParts[0]?.live === 0) {
      const [dropped] = trialParts.splice(0, 1);
      journal.written.delete(`trials.${dropped?.number}`);
    }
  };
  dropOld();
  const lines = trialParts.reduce((sum, part) => sum + part.lines, 0);
  const oldest = trialParts[0];
  if (oldest === undefined || trialParts.length < 2 || lines <= MOST_LINES * state.trials.size + LINES_IN_PART) return;
  let left = oldest.live;
  for (const trial of state.trials.unordered()) {
    if (left === 0) break;
    if (trial.part !== oldest.number) continue;
    noteTrial(state, trial);
    left -= 1;
  }
  writeTrials(state, journal);
  dropOld();
}

function writeCells(state: PartitionState, journal: Journal): void {
  const groups = new Set(journal.cells.map(({ order }) => Math.floor(order / CELLS_IN_GROUP)));
  journal.cells = [];
  if (groups.size === 0) return;
  const members = new Map([...groups].map((group): [number, string[]] => [group, []]));
  for (const cell of state.cells.values()) {
    const lines = members.get(Math.floor(cell.order / CELLS_IN_GROUP));
    if (lines === undefined) continue;
    cell.changed = false;
    lines.push(JSON.stringify(plainCell(cell)));
  }
  for (const [group, lines] of members) {
    journal.written.delete(cellsPart(journal, group));
    journal.cellGroups[group] = (journal.cellGroups[group] ?? 0) + 1;
    append(journal, cellsPart(journal, group), encoder.encode(`${lines.join('\n')}\n`));
  }
}

function cellsPart({ cellGroups }: Journal, group: number): string {
  return `cells.${group}.${cellGroups[group] ?? 0}`;
}

/** The tables of a state, each with the name of its part. */
function* tables(state: PartitionState): Generator<readonly [name: string, table: IdTable]> {
  for (const kind of ['ids', 'uncounted'] as const) {
    const { uuids, keys } = state[kind];
    for (const [bucket, table] of uuids) yield [`${kind}.uuids.${bucket}`, table];
    for (const [bucket, table] of keys) yield [`${kind}.keys.${bucket}`, table];
  }
  for (const kind of ['rewardIds', 'exposureIds'] as const) {
    for (const [experiment, { uuids }] of state[kind]) {
      for (const [bucket, table] of uuids) yield [`${kind}.uuids.${bucket}.${encodeURIComponent(experiment)}`, table];
    }
  }
  for (const [experiment, epochs] of state.units) {
    for (const [epoch, periods] of epochs) {
      for (const [period, table] of periods)
        yield [`units.${epoch}.${period}.${encodeURIComponent(experiment)}`, table];
    }
  }
}

/**
 * What changed since it was called last. The work is proportional to the change.
 *
 * @throws when the state has no journal
 */
export function takeChanges(state: PartitionState): StateChanges {
  const { journal } = state;
  if (journal === undefined) throw new Error('a state without a journal does not know what changed');
  writeTrials(state, journal);
  cleanTrials(state, journal);
  writeCells(state, journal);
  const parts = journal.cellGroups.map((_, group) => cellsPart(journal, group));
  for (const [name, table] of tables(state)) {
    const bytes = takeFresh(table);
    if (bytes !== undefined) append(journal, name, bytes);
    parts.push(name);
  }
  parts.push(...journal.trialParts.filter(({ lines }) => lines > 0).map(({ number }) => `trials.${number}`));
  const { whole, written: added } = journal;
  journal.whole = false;
  journal.written = new Map();
  return { whole, head: stateHead(state), added, parts };
}
