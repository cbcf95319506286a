import { createHash } from 'node:crypto';
import type { MutableHealth } from './health.js';
import type { IdSet } from './id-set.js';
import { type IdTable, sortedIds } from './id-table.js';
import { type Entries, plainCell, plainTrial } from './plain.js';
import type { PartitionState, Unexposed, WaitingReward } from './state.js';

/** How a state is written down, and by which rules it was folded. A change of either is another number. */
export const STATE_SCHEMA = 5;

/** The part of a state that stays small, as JSON: maps become lists of entries in their order. */
export interface StateHead {
  readonly schema: typeof STATE_SCHEMA;
  readonly offset: number;
  readonly watermark: number;
  readonly lastAt: number;
  readonly graceEnd: number;
  readonly opened: number;
  readonly health: Entries<string, MutableHealth>;
  readonly unexposed: Entries<string, Unexposed>;
  readonly exposures: Entries<string, number>;
  readonly waiting: Entries<string, readonly WaitingReward[]>;
}

/** The part of a state that is written anew each time. */
export function stateHead(state: PartitionState): string {
  const head: StateHead = {
    schema: STATE_SCHEMA,
    offset: state.offset,
    watermark: state.watermark,
    lastAt: state.lastAt,
    graceEnd: state.graceEnd,
    opened: state.opened,
    health: [...state.health],
    unexposed: [...state.unexposed],
    exposures: [...state.exposures],
    waiting: [...state.waiting],
  };
  return JSON.stringify(head);
}

function* tableBytes(name: string, tables: Iterable<readonly [number, IdTable]>): Generator<string | Uint8Array> {
  for (const [key, table] of tables) {
    yield `\n${name} ${key} ${table.count} `;
    yield sortedIds(table);
  }
}

function* idBytes(name: string, { uuids, keys }: IdSet): Generator<string | Uint8Array> {
  yield* tableBytes(`${name} uuids`, uuids);
  yield* tableBytes(`${name} keys`, keys);
}

/**
 * Writes a state down, piece by piece. The same log gives the same bytes, whether or not a state was read back in
 * between.
 */
export function* encodeState(state: PartitionState): Generator<string | Uint8Array> {
  yield stateHead(state);
  for (const cell of state.cells.values()) yield `\n${JSON.stringify(plainCell(cell))}`;
  for (const trial of state.trials.values()) yield `\n${JSON.stringify(plainTrial(trial))}`;
  for (const [experiment, epochs] of state.units) {
    for (const [epoch, periods] of epochs) yield* tableBytes(`units ${experiment} ${epoch}`, periods);
  }
  yield* idBytes('ids', state.ids);
  yield* idBytes('uncounted', state.uncounted);
  for (const [experiment, set] of state.rewardIds) yield* idBytes(`rewardIds ${experiment}`, set);
  for (const [experiment, set] of state.exposureIds) yield* idBytes(`exposureIds ${experiment}`, set);
}

/** SHA-256 of what `encodeState` gives, in hex: equal where two states are the same in every bit. */
export function stateDigest(state: PartitionState): string {
  const hash = createHash('sha256');
  for (const piece of encodeState(state)) hash.update(piece);
  return hash.digest('hex');
}
