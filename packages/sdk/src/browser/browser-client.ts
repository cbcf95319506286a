import type { CatalogueEntry, UnknownShapes } from '../catalogue.js';
import { LISTENER_FAILED } from '../client-errors.js';
import { correctedClock } from '../clock.js';
import { type FillRandom, fractions } from '../decision-id.js';
import { errorPrinter } from '../error-printer.js';
import { type ArmatureError, clientError, type ErrorCode } from '../errors.js';
import { eventSource } from '../event-source.js';
import type { Connection } from '../http-request.js';
import { type Listeners, listeners } from '../listeners.js';
import { Outbox, type OutboxItem } from '../outbox.js';
import type { OutboxCounts } from '../outbox-counts.js';
import { decodeToken } from '../protocol/token.js';
import {
  type DecisionReference,
  exposureEvent,
  type Receipt,
  type RewardOptions,
  rewardEvent,
  type UnitReference,
} from '../reward.js';
import { after } from '../timer.js';
import type { OutgoingEvent } from '../transport.js';
import { BROWSER_ERRORS } from './browser-errors.js';
import type { BrowserOptions } from './browser-options.js';
import type { BrowserClient, BrowserEvents, PageDecideOptions } from './client.js';
import { eventId } from './event-id.js';
import { fetchDecisions, type PrefetchOptions } from './fetch-decisions.js';
import type { GivenDecision, PageDecision, PageDecisionFields } from './page-decision.js';
import { pageEvents } from './page-events.js';
import { type PageSender, pageSender } from './page-sender.js';

const OUTBOX = { capacity: 1000, batch: 50, everyMs: 1000 };
const PREFETCH_MS = 5000;
const CLOSE_MS = 5000;
const MOST_TOLD = 100;

interface Made extends OutboxItem {
  readonly event: OutgoingEvent;
}
type Target = string | DecisionReference | UnitReference | PageDecisionFields;

const fillRandom: FillRandom = (bytes) => {
  globalThis.crypto.getRandomValues(bytes);
};

/** The implementation of `BrowserClient`, without its types by experiment. */
export class PageClient implements BrowserClient<UnknownShapes> {
  readonly #options: BrowserOptions;
  readonly #clock;
  readonly #connection: Connection;
  readonly #sender: PageSender;
  readonly #outbox: Outbox<Made>;
  readonly #listeners: Listeners<BrowserEvents>;
  readonly #print: (error: ArmatureError) => void;
  readonly #source = eventSource(fillRandom);
  readonly #unwatch: () => void;
  readonly #missed = new Set<string>();
  #held: ReadonlyMap<string, PageDecisionFields>;
  #asked: AbortController | undefined;
  #closed: Promise<OutboxCounts> | undefined;

  constructor(options: BrowserOptions) {
    const { url, apiKey, decisions = [], fetch = (...request) => globalThis.fetch(...request) } = options;
    const onError = (error: ArmatureError): void => this.#report(error);
    const random = fractions(fillRandom);
    this.#options = options;
    this.#print = errorPrinter(options.logger);
    this.#clock = correctedClock(options.now ?? Date.now);
    this.#connection = { url, apiKey, fetch, clock: this.#clock, random };
    this.#sender = pageSender(this.#connection);
    this.#listeners = listeners((cause, event) => {
      const error = clientError(LISTENER_FAILED, { got: `${event}: ${String(cause)}`, cause });
      if (event === 'error') this.#print(error);
      else this.#report(error);
    });
    const toEvent = ({ event }: Made): OutgoingEvent => event;
    const parts = { send: this.#sender.send, toEvent, clock: this.#clock, random, onError };
    this.#outbox = new Outbox<Made>(parts, { ...OUTBOX, ...options.outbox });
    this.#held = new Map(decisions.map((decision) => [decision.experiment, held(decision)]));
    this.#unwatch = pageEvents(
      () => this.#leave(),
      () => void this.flush(),
    );
  }

  decide<K extends string>(experiment: K, options: PageDecideOptions = {}): PageDecision<K> {
    let decision = this.#held.get(experiment);
    if (decision === undefined) decision = this.#missing(experiment, options);
    else if (!decision.exposed && options.expose !== false && decision.reason !== 'default') {
      const { queued } = this.exposure(decision);
      if (queued) decision = this.#held.get(experiment) ?? decision;
    }
    this.#listeners.emit('decision', decision);
    return decision as PageDecision<K>;
  }

  async prefetch(options: PrefetchOptions = {}): Promise<boolean> {
    if (this.#closed !== undefined) return false;
    this.#asked?.abort();
    const asked = new AbortController();
    this.#asked = asked;
    this.#held = new Map([...this.#held].filter(([, { token }]) => unitOf(token) === options.unit));
    const cancel = after(options.timeoutMs ?? PREFETCH_MS, () => asked.abort());
    try {
      const decisions = await fetchDecisions(this.#connection, options, asked.signal);
      if (this.#asked !== asked) return false;
      const fetched = decisions.map((decision) => [decision.experiment, held(decision)] as const);
      this.#held = new Map([...this.#held, ...fetched]);
      return true;
    } catch (cause) {
      if (this.#asked === asked) this.#report(cause as ArmatureError);
      return false;
    } finally {
      cancel();
    }
  }

  reward(target: Target, value: unknown, options: RewardOptions = {}): Receipt {
    const { reason, token } = (typeof target === 'object' && target !== null ? target : {}) as Partial<GivenDecision>;
    if (reason === 'default') return failed('NOT_LOGGED');
    const time = this.#now();
    const known = (experiment: string): Partial<CatalogueEntry> => this.#entry(experiment) ?? {};
    const source = this.#source();
    return this.#queue(
      rewardEvent(token ?? (target as string), value, options, known, source, time, () => eventId(time, fillRandom)),
      time,
    );
  }

  exposure(target: string | PageDecisionFields): Receipt {
    if (typeof target === 'object' && target.reason === 'default') return failed('NOT_LOGGED');
    if (typeof target === 'object' && target.exposed) return failed('ALREADY_EXPOSED');
    const token = typeof target === 'object' ? target.token : target;
    const time = this.#now();
    const receipt = this.#queue(
      exposureEvent(token, this.#source(), time, () => eventId(time, fillRandom)),
      time,
    );
    const shown = [...this.#held.values()].find((decision) => decision.token === token);
    if (receipt.queued && shown !== undefined) {
      this.#held = new Map([...this.#held, [shown.experiment, Object.freeze({ ...shown, exposed: true })]]);
    }
    return receipt;
  }

  on<Event extends keyof BrowserEvents>(event: Event, listener: (value: BrowserEvents[Event]) => void): () => void {
    return this.#listeners.on(event, listener);
  }

  get outbox(): OutboxCounts {
    return this.#outbox.counts;
  }

  flush(): Promise<OutboxCounts> {
    return this.#outbox.flush();
  }

  close({ timeoutMs = CLOSE_MS }: { readonly timeoutMs?: number } = {}): Promise<OutboxCounts> {
    this.#unwatch();
    this.#asked?.abort();
    this.#closed ??= this.#outbox.close(timeoutMs);
    return this.#closed;
  }

  /** The page may be gone after this: what no request is under way for goes out beside the one that is. */
  #leave(): void {
    void this.flush();
    this.#sender.leave(this.#outbox.behind(this.#sender.underWay));
  }

  #now(): number {
    return this.#clock.now();
  }

  #queue(event: OutgoingEvent | ErrorCode, time: number): Receipt {
    if (typeof event === 'string') return failed(event);
    if (this.#outbox.push({ time, event })) return { id: event.id, queued: true };
    return failed(this.#closed === undefined ? 'OUTBOX_FULL' : 'CLIENT_CLOSED');
  }

  #entry(experiment: string): CatalogueEntry | undefined {
    const known = this.#options.experiments?.experiments;
    return known !== undefined && Object.hasOwn(known, experiment) ? known[experiment] : undefined;
  }

  /** The arm known from the code, where nothing was decided. */
  #missing(experiment: string, options: PageDecideOptions): PageDecisionFields {
    const entry = this.#entry(experiment);
    const arm = options.default ?? entry?.control ?? '';
    if (!this.#missed.has(experiment) && this.#missed.size < MOST_TOLD) {
      this.#missed.add(experiment);
      this.#report(clientError(BROWSER_ERRORS.NO_DECISION, { got: JSON.stringify(experiment) }));
    }
    const value = entry !== undefined && Object.hasOwn(entry.arms, arm) ? entry.arms[arm] : undefined;
    const served = { experiment, arm, value, reason: 'default', randomised: false, propensity: 1 } as const;
    return Object.freeze({ ...served, id: '', token: '', exposed: false, error: 'NO_DECISION' });
  }

  #report(error: ArmatureError): void {
    if (this.#options.logger !== undefined || !this.#listeners.has('error')) this.#print(error);
    this.#listeners.emit('error', error);
  }
}

const failed = (error: ErrorCode): Receipt => ({ id: '', queued: false, error });

function held(decision: GivenDecision): PageDecisionFields {
  return Object.freeze({ ...decision, exposed: decision.exposed !== false }) as PageDecisionFields;
}

/** The unit that a token names; of an unreadable one none. */
function unitOf(token: string): string | undefined {
  const decoded = decodeToken(token);
  return decoded.ok ? decoded.claims.unit : undefined;
}
