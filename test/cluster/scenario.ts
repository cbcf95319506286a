import type { Random } from '@armature/analysis';
import { expect } from 'vitest';
import { type Audit, type Books, expectInvariants } from './invariants.js';
import { type Load, type LoadOptions, startLoad } from './load.js';
import { caughtUp, type OffsetWatch, pause, watchOffsets } from './offset-watch.js';
import type { World, WorldOptions } from './world.js';

/** What came of a run. Lost and doubled are none, or the run has failed. */
export interface Outcome {
  /** What was killed, paused or broken, by kind. */
  readonly faults: Readonly<Record<string, number>>;
  /** Events that a server said are durable. */
  readonly accepted: number;
  /** Events that were sent again although they had been acknowledged. */
  readonly repeated: number;
  /** Records that the fold knew as copies. */
  readonly duplicates: number;
  readonly trials: number;
  /** From a fault to the moment at which Redis held all that stood in the log at the end of the fault, ms. */
  readonly recoveries: readonly number[];
}

export interface Scenario {
  readonly name: string;
  readonly brokers: 1 | 3;
  /** Whether it kills brokers, so that no other may use them. */
  readonly alone?: boolean;
  readonly world: Omit<WorldOptions, 'brokers' | 'random'>;
  /** @param kills how long it is to be, for those that can be long */
  readonly run: (world: World, random: Random, kills: number) => Promise<Outcome>;
}

/** Longest time from the end of a fault to a state that holds everything, ms. */
export const RECOVERY_MS = 60_000;
/** Metrics close after two seconds, and a tick comes each half second. */
const CLOSING_MS = 3500;

/** A run under way: its clients, its books and what it has met. */
export class Run {
  readonly #loads: Load[] = [];
  readonly watch: OffsetWatch;
  readonly faults: Record<string, number> = {};
  readonly recoveries: number[] = [];

  constructor(readonly world: World) {
    this.watch = watchOffsets(world);
  }

  load(options?: LoadOptions): Load {
    const load = startLoad(this.world, options);
    this.#loads.push(load);
    return load;
  }

  /** Notes a fault. */
  met(kind: string): void {
    this.faults[kind] = (this.faults[kind] ?? 0) + 1;
  }

  /** Waits until the state holds everything again, and notes how long that took. */
  async recover(): Promise<void> {
    this.recoveries.push(await caughtUp(this.world, RECOVERY_MS));
  }

  /** Ends the clients, stops the servers in order, and holds everything against everything. */
  async audit(): Promise<Outcome & { readonly audit: Audit }> {
    const { world } = this;
    const books = await Promise.all(this.#loads.map((load) => load.finish()));
    await Promise.all(world.servers.map((server) => server.revive()));
    await caughtUp(world, RECOVERY_MS); // I9
    await pause(CLOSING_MS);
    const codes = await Promise.all(world.servers.map((server) => server.stop()));
    expect(codes).toEqual(codes.map(() => 0));
    await this.watch.stop();
    expect(this.watch.fallen).toEqual([]); // I6
    const all: Books = {
      accepted: new Set(books.flatMap(({ accepted }) => [...accepted])),
      sent: books.reduce((sum, { sent }) => sum + sent, 0),
    };
    const audit = await expectInvariants(world, all);
    return {
      ...{ faults: this.faults, recoveries: this.recoveries, audit },
      accepted: all.accepted.size + all.sent,
      repeated: books.reduce((sum, { repeated }) => sum + repeated, 0),
      ...{ duplicates: audit.duplicates, trials: audit.trials },
    };
  }
}

/** Something out of a list. */
export function pick<T>(random: Random, of: readonly T[]): T {
  const found = of[Math.floor(random() * of.length)];
  if (found === undefined) throw new Error('nothing to choose from');
  return found;
}
