import type { UnknownShapes } from './catalogue.js';
import type { Client, ClientEvents, SnapshotSummary } from './client.js';
import {
  CATALOGUE_OUTDATED,
  DECISION_FAILED,
  LISTENER_FAILED,
  STICKY_STORE_MISSING,
  UNAVAILABLE,
  UNIT_REQUIRED,
} from './client-errors.js';
import type { ClientOptions, ClientSetup } from './client-options.js';
import { transportOf } from './client-transport.js';
import { type Clock, correctedClock } from './clock.js';
import { type DecideOptions, decide, fallback } from './decide.js';
import type { Decision, DecisionRecord, Moment } from './decision.js';
import { decisionIds, type FillRandom, fractions } from './decision-id.js';
import { errorPrinter } from './error-printer.js';
import { ArmatureError, clientError, type ErrorRow } from './errors.js';
import { eventSource } from './event-source.js';
import { Follower, type Status } from './follower.js';
import { type Listeners, listeners } from './listeners.js';
import type { OutboxCounts } from './outbox-counts.js';
import { ID_INVALID, UNKNOWN_ARM, UNKNOWN_EXPERIMENT } from './protocol/protocol-errors.js';
import type { TokenKey } from './protocol/token.js';
import type { ReadyOptions } from './readiness.js';
import type { DecisionReference, Receipt, RewardOptions, UnitReference } from './reward.js';
import { type Scope, scopeWith } from './scope.js';
import { type Sender, sender } from './sender.js';
import { type Serving, serving } from './serving.js';
import type { StickyAssignment } from './sticky.js';
import type { Transport } from './transport.js';

const CLOSE_MS = 5000;
const FLUSH_MS = 1000;
const MAX_AGE_MS = 60_000;
const MOST_TOLD = 100;

/** Why a decision fell back where the caller is to blame: told once for each experiment. */
const MISTAKES: { readonly [code: string]: ErrorRow | undefined } = {
  UNKNOWN_EXPERIMENT,
  ID_INVALID,
  UNKNOWN_ARM,
  UNIT_REQUIRED,
  STICKY_STORE_MISSING,
};

const fillRandom: FillRandom = (bytes) => {
  globalThis.crypto.getRandomValues(bytes);
};

/** The implementation of `Client`, without its types by experiment. */
export class ArmatureClient implements Client<UnknownShapes> {
  readonly #options: ClientOptions;
  readonly #clock: Clock;
  readonly #serving: Serving;
  readonly #transport: Transport | undefined;
  readonly #sticky: StickyAssignment | undefined;
  readonly #unlisten: (() => void) | undefined;
  readonly #sender: Sender;
  readonly #follower: Follower;
  readonly #listeners: Listeners<ClientEvents>;
  readonly #makeId = decisionIds(fillRandom);
  readonly #maxAgeMs: number;
  readonly #print: (error: ArmatureError) => void;
  readonly #told = new Set<string>();
  readonly #tokenKey = (): TokenKey | undefined => this.#transport?.tokenKey;
  #defaults = 0;
  #started = false;
  #closing: Promise<OutboxCounts> | undefined;

  constructor(options: ClientOptions, setup: ClientSetup) {
    const random = fractions(fillRandom);
    const clock = correctedClock(options.now ?? Date.now);
    const onError = (error: ArmatureError): void => this.#report(error);
    this.#options = options;
    this.#print = errorPrinter(options.logger);
    this.#clock = clock;
    this.#maxAgeMs = options.maxAgeMs ?? MAX_AGE_MS;
    this.#transport = transportOf(options, clock, random);
    this.#sticky = options.sticky ?? this.#transport?.sticky;
    this.#unlisten = this.#sticky?.onError(onError);
    this.#listeners = listeners((cause, event) => {
      const error = clientError(LISTENER_FAILED, { got: `${event}: ${String(cause)}`, cause });
      if (event === 'error') this.#print(error);
      else this.#report(error);
    });
    this.#serving = serving(setup.known, setup.overrides, this.#transport !== undefined);
    if (setup.initial) this.#serving.install(setup.initial, Date.parse(setup.initial.issued) || 0);
    this.#sender = sender({
      transport: this.#transport,
      options: options.outbox,
      clock,
      random,
      makeId: this.#makeId,
      source: eventSource(fillRandom),
      onError,
    });
    this.#follower = new Follower({
      serving: this.#serving,
      transport: this.#transport,
      cache: options.cache,
      mode: options.refresh,
      maxAgeMs: this.#maxAgeMs,
      local: clock.local,
      random,
      onStatus: (status) => this.#listeners.emit('status', status),
      onSnapshot: () => this.#onSnapshot(),
      onError,
    });
  }

  decide<K extends string>(experiment: K, options?: DecideOptions): Decision<K> {
    return this.#decide(experiment, options ?? {}) as DecisionRecord & Decision<K>;
  }

  decideMany<K extends string>(experiment: K, options: readonly DecideOptions[]): readonly Decision<K>[] {
    return options.map((one) => this.decide(experiment, one));
  }

  decideAll(options?: DecideOptions): { readonly [experiment: string]: Decision } {
    if (!this.#started) this.#start();
    return Object.fromEntries(this.#serving.names.map((name) => [name, this.decide(name, options)]));
  }

  with(fixed: DecideOptions): Scope<UnknownShapes> {
    return scopeWith<UnknownShapes>(this, fixed);
  }

  reward(target: string | DecisionReference | UnitReference, value: unknown, options?: RewardOptions): Receipt {
    return this.#sender.reward(target, value, options ?? {}, this.#serving.known);
  }

  exposure(target: string | DecisionReference): Receipt {
    return this.#sender.exposure(target);
  }

  async ready(options?: ReadyOptions): Promise<Status> {
    this.#started = true;
    await this.#follower.ready(options ?? {});
    return this.status;
  }

  async prefetch(unit: string): Promise<void> {
    if (!this.#started) this.#start();
    await this.#sticky?.prefetch(unit, this.#serving.lineages, this.#clock.now());
  }

  on<Event extends keyof ClientEvents>(event: Event, listener: (value: ClientEvents[Event]) => void): () => void {
    return this.#listeners.on(event, listener);
  }

  get status(): Status {
    return this.#follower.status;
  }

  get snapshot(): SnapshotSummary | undefined {
    const { snapshot } = this.#serving;
    if (snapshot === undefined) return undefined;
    const { version, issued, experiments } = snapshot;
    return { version, issued, ageMs: this.#serving.ageMs(this.#clock.local()), experiments: Object.keys(experiments) };
  }

  get outbox(): OutboxCounts {
    return this.#sender.counts;
  }

  get defaults(): number {
    return this.#defaults;
  }

  async flush(): Promise<OutboxCounts> {
    await this.#sticky?.settled(FLUSH_MS);
    return this.#sender.flush();
  }

  close(options?: { readonly timeoutMs?: number }): Promise<OutboxCounts> {
    this.#closing ??= this.#close(options?.timeoutMs ?? CLOSE_MS);
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(timeoutMs: number): Promise<OutboxCounts> {
    const stopped = this.#follower.stop(timeoutMs);
    const kept = this.#sticky?.settled(timeoutMs);
    const counts = await this.#sender.close(timeoutMs);
    await Promise.all([stopped, kept]);
    this.#unlisten?.();
    await this.#transport?.close?.().catch((cause: unknown) => {
      this.#report(clientError(UNAVAILABLE, { got: `closing: ${String(cause)}`, cause }));
    });
    return counts;
  }

  #start(): void {
    this.#started = true;
    this.#follower.start();
  }

  #decide(name: string, options: DecideOptions): DecisionRecord {
    if (!this.#started) this.#start();
    const local = this.#clock.local();
    const now = this.#clock.now(local);
    const ageMs = this.#serving.ageMs(local);
    const stale = ageMs > this.#maxAgeMs;
    const moment: Moment = { id: this.#makeId(now), now, ageMs, stale, tokenKey: this.#tokenKey };
    const subject = this.#serving.subject(name);
    let decision: DecisionRecord;
    try {
      decision = decide(subject, options, moment, this.#sticky);
    } catch (cause) {
      decision = fallback(subject, {}, moment, 'DECISION_FAILED');
      this.#report(clientError(DECISION_FAILED, { got: String(cause), cause }));
    }
    if (decision.error !== undefined) this.#tellMistake(decision.error, decision.experiment);
    if (decision.reason === 'default') this.#defaults += 1;
    this.#sender.log(decision, subject.experiment?.assign !== 'request');
    this.#listeners.emit('decision', decision as Decision);
    return decision;
  }

  #onSnapshot(): void {
    const summary = this.snapshot;
    if (summary !== undefined) this.#listeners.emit('snapshot', summary);
    const outdated = this.#serving.outdated().filter((name) => !this.#told.has(`outdated ${name}`));
    for (const name of outdated) this.#told.add(`outdated ${name}`);
    if (outdated.length > 0) this.#report(clientError(CATALOGUE_OUTDATED, { got: outdated.join(', ') }));
  }

  /** Names come from callers, so that what is remembered of them has a limit. */
  #tellMistake(code: string, experiment: string): void {
    const row = MISTAKES[code];
    const got = JSON.stringify(experiment.slice(0, 100));
    if (row === undefined || this.#told.has(`${code} ${got}`) || this.#told.size >= MOST_TOLD) return;
    this.#told.add(`${code} ${got}`);
    this.#report(new ArmatureError(code, row, { got }));
  }

  #report(error: ArmatureError): void {
    if (this.#options.logger !== undefined || !this.#listeners.has('error')) this.#print(error);
    this.#listeners.emit('error', error);
  }
}
