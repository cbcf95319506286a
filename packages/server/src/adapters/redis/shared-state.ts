import { randomBytes } from 'node:crypto';
import type { Commit, RedisSettings, Revision, SharedState, StateMark } from '../../cluster/ports.js';
import { serverError } from '../../errors.js';
import type { Clock, Logger } from '../../ports.js';
import { type PreparedCommit, prepareChanges, prepareWhole, sendCommit } from './commit-state.js';
import { type RedisConnection, redisConnection } from './connection.js';
import { loadState } from './load-state.js';
import { type StateKeys, type StoredHead, stateKeys } from './stored-head.js';

/** A commit of which nobody knows whether it is there. */
interface Pending {
  readonly commit: Commit;
  readonly expected: Revision | undefined;
  readonly revision: Revision;
  prepared?: PreparedCommit;
}

/** What is known of a partition. */
interface Known {
  /** What was loaded, or committed last. */
  stored?: StoredHead;
  /** The revision of a state that cannot be read: it stands where there should be none. */
  damaged?: Revision;
  pending?: Pending;
}

const REMEDY = 'none needed: the state is made again from the newest checkpoint and the log';

/** The partitions' states in Redis. */
class RedisState implements SharedState {
  readonly #connection: RedisConnection;
  readonly #keys: StateKeys;
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #known = new Map<number, Known>();
  /** No other process, and no other instance, makes the same revisions. */
  readonly #nonce = randomBytes(9).toString('base64url');
  #commits = 0;

  constructor(connection: RedisConnection, keys: StateKeys, logger: Logger, clock: Clock) {
    this.#connection = connection;
    this.#keys = keys;
    this.#logger = logger;
    this.#clock = clock;
  }

  async load(partition: number): ReturnType<SharedState['load']> {
    this.#known.delete(partition);
    const loaded = await loadState(this.#connection, this.#keys, partition);
    if (loaded === undefined) return undefined;
    if (!loaded.whole) {
      this.#logger.warn('damaged state ignored', { partition, damage: loaded.damage, remedy: REMEDY });
      this.#known.set(partition, { damaged: loaded.revision });
      return undefined;
    }
    this.#known.set(partition, { stored: loaded.stored });
    return { state: loaded.state, revision: loaded.stored.revision };
  }

  async commit(partition: number, expected: Revision | undefined, commit: Commit): Promise<Revision | undefined> {
    const known = this.#known.get(partition) ?? {};
    this.#known.set(partition, known);
    const pending = this.#pendingOf(known, expected, commit);
    if (pending === undefined) {
      this.#logger.warn('changes to a state that is not known here: it is loaded again', { partition });
      this.#known.delete(partition);
      return undefined;
    }
    pending.prepared ??= await this.#prepare(partition, known, pending);
    const mustBe = expected ?? known.damaged ?? '';
    const { prepared } = pending;
    const committed = await sendCommit(this.#connection, this.#keys.head(partition), mustBe, prepared);
    // who has loaded meanwhile knows better
    const newest = this.#known.get(partition) === known;
    if (committed.is === 'done') {
      if (newest) this.#known.set(partition, { stored: prepared.head });
      return pending.revision;
    }
    if (committed.is === 'lost' && commit.changes.whole) {
      delete pending.prepared;
      throw serverError('STATE_UNAVAILABLE', { got: 'a state of which parts were lost while it was written' });
    }
    if (newest) this.#known.delete(partition);
    if (committed.is === 'lost') {
      this.#logger.warn('parts of a state are not as they were left', { partition, remedy: REMEDY });
    }
    return undefined;
  }

  /**
   * The same commit again has the revision that it had: if it is there already, that is seen.
   *
   * @returns undefined for changes to a state that was neither loaded nor committed last
   */
  #pendingOf(known: Known, expected: Revision | undefined, commit: Commit): Pending | undefined {
    const { pending, stored } = known;
    if (pending?.commit.changes === commit.changes && pending.expected === expected) return pending;
    const follows = pending === undefined && stored !== undefined && stored.revision === expected;
    if (!follows && !commit.changes.whole) return undefined;
    this.#commits += 1;
    const made: Pending = { commit, expected, revision: `${this.#nonce}.${this.#commits}` };
    known.pending = made;
    return made;
  }

  #prepare(
    partition: number,
    { stored }: Known,
    { commit, revision }: Pending,
  ): PreparedCommit | Promise<PreparedCommit> {
    if (stored !== undefined && !commit.changes.whole) {
      return prepareChanges(this.#keys, partition, stored, commit, revision);
    }
    const names = { revision, generation: randomBytes(9).toString('base64url') };
    return prepareWhole(this.#connection, this.#keys, partition, commit, names);
  }

  async marks(partitions: readonly number[]): Promise<readonly (StateMark | undefined)[]> {
    const found = await this.#connection.run((client) =>
      Promise.all(partitions.map((p) => client.hmget(this.#keys.head(p), 'revision', 'log', 'offset', 'totals'))),
    );
    return found.map(([revision, log, offset, totals]) =>
      revision == null || log == null || offset == null || totals == null
        ? undefined
        : { revision, log, offset: Number(offset), totals },
    );
  }

  async showPosteriors(experiment: string, fields: { readonly [field: string]: string }): Promise<void> {
    const key = this.#keys.posterior(experiment);
    const shown = { ...fields, updated_at: new Date(this.#clock.now()).toISOString() };
    await this.#connection.run(async (client) => {
      const answers = (await client.multi().del(key).hset(key, shown).exec()) ?? [];
      for (const [failure] of answers) if (failure !== null) throw failure;
    });
  }

  onReconnect(listener: () => void): void {
    this.#connection.onReconnect(listener);
  }

  async close(): Promise<void> {
    this.#connection.close();
  }
}

/**
 * The partitions' states in Redis 6 or later, or Valkey: one node, a group behind Sentinels, or a cluster.
 *
 * A partition is a small hash, which a commit replaces if its revision is the expected one, and lists of bytes that it
 * names and that are only added to: a commit costs what changed.
 *
 * @throws ArmatureError REDIS_SETTINGS_INVALID
 */
export async function openSharedState(
  settings: RedisSettings,
  outside: { readonly logger: Logger; readonly clock: Clock },
): Promise<SharedState> {
  const connection = await redisConnection(settings, outside);
  return new RedisState(connection, stateKeys(settings.prefix), outside.logger, outside.clock);
}
