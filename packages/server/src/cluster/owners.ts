import { within } from '../adapters/within.js';
import { serverError } from '../errors.js';
import type { Clock, Logger } from '../ports.js';
import { FoldOwner, type OwnerParts, type PartitionOwner } from './partition-owner.js';
import type { GroupConsumer, RawRecord, RecordTaker, StateMark, TopicEnds } from './ports.js';

/** What happened since the start, for the metrics. */
export interface OwnerCounts {
  commits: number;
  stale: number;
  deadLetters: number;
}

export type OwnersParts = Omit<OwnerParts, 'index' | 'onCommitted'> & {
  readonly clock: Clock;
  readonly logger: Logger;
  /** The group's consumer, once it runs. */
  readonly consumer: () => GroupConsumer | undefined;
};

/** How often the record before the next is read again, to see that the log is still the same one. */
const ANCHOR_MS = 5000;
const CLOSE_MS = 3000;

/** The partitions that the group gave to this process. A class because it has a lifecycle: they come and go. */
export class Owners implements RecordTaker {
  readonly counts: OwnerCounts = { commits: 0, stale: 0, deadLetters: 0 };
  readonly #owners = new Map<number, FoldOwner>();
  readonly #alignedAt = new Map<number, number>();
  readonly #committing = new Set<FoldOwner>();
  readonly #aligning = new Set<FoldOwner>();
  /** Why the shared state could not be reached when it was last asked. */
  stateFault: Error | undefined;
  #unexpected = 0;

  constructor(readonly parts: OwnersParts) {}

  /** In order of their index. */
  owned(): readonly PartitionOwner[] {
    return [...this.#owners.values()].sort((a, b) => a.index - b.index);
  }

  assigned(now: readonly number[]): void {
    for (const [index, owner] of this.#owners) {
      if (now.includes(index)) continue;
      owner.release();
      this.#owners.delete(index);
      this.parts.checkpoints.forget(index);
    }
    for (const index of now) if (index < this.parts.partitions) this.#ownerOf(index);
  }

  async align(index: number): Promise<number> {
    return this.#align(this.#ownerOf(index));
  }

  async take(index: number, records: readonly RawRecord[]): Promise<number | undefined> {
    return this.#ownerOf(index).take(records);
  }

  /** Commits what was folded. */
  async commit(): Promise<void> {
    await Promise.all([...this.#owners.values()].map((owner) => this.#commit(owner)));
  }

  /** Begins to commit what was folded. A partition that is held up holds up no other. */
  beginCommits(): void {
    for (const owner of this.#owners.values()) begin(this.#committing, owner, () => this.#commit(owner));
  }

  /** Looks whether the shared state and the log are still what was built on, and begins to align what is not. */
  async verify(): Promise<void> {
    const { shared, topics, clock } = this.parts;
    const all = [...this.#owners.values()];
    const asked = all.map(({ held }) => held?.revision);
    const [marks, ends] = await Promise.all([
      shared.marks(all.map(({ index }) => index)).catch((cause: unknown) => this.#unreached(cause)),
      topics.ends('events'),
    ]);
    if (marks === undefined) return;
    this.stateFault = undefined;
    this.#tellMore(ends.size);
    for (const [n, owner] of all.entries()) {
      const due = clock.now() - (this.#alignedAt.get(owner.index) ?? 0) >= ANCHOR_MS;
      // what was committed since the question is not in the answer
      const moved = owner.held?.revision === asked[n] && hasMoved(owner, marks[n], ends.get(owner.index));
      if (due || owner.fault !== undefined || moved) {
        begin(this.#aligning, owner, () => this.#realign(owner));
      }
    }
  }

  async checkpoint(): Promise<void> {
    for (const owner of this.#owners.values()) {
      await owner.checkpoint().catch((cause: unknown) => {
        this.parts.logger.warn('checkpoint failed, tried again', { partition: owner.index, cause: String(cause) });
      });
    }
  }

  /** Commits a last time, where that does not take long: what is not committed is folded again. */
  async close(): Promise<void> {
    const commits = [...this.#owners.values()].map((owner) => owner.commit().catch(() => false));
    await within(CLOSE_MS, this.parts.clock, Promise.all(commits)).catch(() => undefined);
  }

  #ownerOf(index: number): FoldOwner {
    const { partitions, consumer } = this.parts;
    if (index >= partitions) {
      const got = `records in partition ${index}, and the log has ${partitions}`;
      throw serverError('PARTITIONS_FROZEN', { got, todo: 'send events through the servers, which know the count' });
    }
    const known = this.#owners.get(index);
    if (known !== undefined) return known;
    const made = new FoldOwner({
      ...this.parts,
      index,
      deadLetter: async (raw, fault) => {
        await this.parts.deadLetter(raw, fault);
        this.counts.deadLetters += 1;
      },
      onCommitted: (partition, offset) => {
        this.counts.commits += 1;
        consumer()?.tellCommitted(partition, offset);
      },
    });
    this.#owners.set(index, made);
    return made;
  }

  async #align(owner: FoldOwner): Promise<number> {
    const next = await owner.align();
    this.#alignedAt.set(owner.index, this.parts.clock.now());
    return next;
  }

  /** Aligns a partition that is being read from somewhere else. */
  async #realign(owner: FoldOwner): Promise<void> {
    const next = await this.#align(owner).catch(() => undefined); // told by the owner, and tried again
    if (next !== undefined && this.#owners.get(owner.index) === owner) this.parts.consumer()?.seek(owner.index, next);
  }

  async #commit(owner: FoldOwner): Promise<void> {
    const kept = await owner.commit().catch((cause: unknown) => {
      this.#unreached(cause);
      return true;
    });
    if (kept) return;
    this.counts.stale += 1;
    await this.#realign(owner);
  }

  /** Told once: it is tried again all the time. */
  #unreached(cause: unknown): undefined {
    if (this.stateFault === undefined) {
      this.parts.logger.error('the shared state is not reached, what is folded waits', { cause: String(cause) });
    }
    this.stateFault = cause instanceof Error ? cause : new Error(String(cause));
    return undefined;
  }

  #tellMore(count: number): void {
    const { partitions, logger } = this.parts;
    if (count > partitions && count !== this.#unexpected) {
      const got = `${count} partitions, and the log has ${partitions}`;
      const remedy = 'none: keys stay where they are, and nothing is read from the others';
      logger.error('partitions were added to the events', { got, remedy });
    }
    this.#unexpected = count;
  }
}

/** Begins what is not under way yet: when it has its turn it does everything that has come up meanwhile. */
function begin(busy: Set<FoldOwner>, owner: FoldOwner, run: () => Promise<void>): void {
  if (busy.has(owner)) return;
  busy.add(owner);
  void run().finally(() => busy.delete(owner));
}

/** Whether the shared state or the log is not what the owner's memory was built on. */
function hasMoved(owner: FoldOwner, mark: StateMark | undefined, ends: TopicEnds | undefined): boolean {
  const { held } = owner;
  if (held === undefined || owner.committing) return false;
  return mark?.revision !== held.revision || held.state.offset > (ends?.high ?? 0);
}
