import { type Catalogue, type CatalogueEntry, type InlineExperiments, isCatalogue, type Shapes } from './catalogue.js';
import { inlineSnapshot } from './inline-snapshot.js';
import { checkApiKey, checkInteger, checkOutbox, checkUrl, refuse } from './option-checks.js';
import type { OutboxOptions } from './outbox.js';
import type { Snapshot } from './protocol/snapshot.js';
import { REFRESH, type RefreshMode } from './refresh.js';
import type { SnapshotCache } from './snapshot-cache.js';
import type { StickyAssignment } from './sticky.js';
import type { Transport } from './transport.js';

/** Anything with an `error` method, such as `console`. */
export interface Logger {
  error(message: string): void;
}

/** How to make a client. One of `url`, `transport`, `experiments` and `bootstrap` is needed. */
export interface ClientOptions<X = Catalogue<Shapes> | InlineExperiments> {
  /** Where the server listens, such as http://127.0.0.1:4400. */
  readonly url?: string | undefined;
  /** The way to a server that is not HTTP, such as `await openLocal(...)` of `@armature/server/local`. */
  readonly transport?: Transport | undefined;
  /** Names this client to the server at `url`, and signs its tokens. */
  readonly apiKey?: string | undefined;
  /** The catalogue that `armature types` wrote, or experiments written in place. With a server, the latter are types and fallbacks only. */
  readonly experiments?: X | undefined;
  /** A snapshot to begin with. */
  readonly bootstrap?: Snapshot | undefined;
  /** Keeps the last good snapshot over restarts: `fileCache(path)` of `@armature/sdk/node`. */
  readonly cache?: SnapshotCache | undefined;
  /** Keeps the arms of units for `assign: sticky`: `stickyAssignment(store)` of `@armature/sdk/sticky`. @default the transport's, which `openLocal` has */
  readonly sticky?: StickyAssignment | undefined;
  /** Arms forced for tests and demonstrations, by experiment: reason `override`, never randomised. */
  readonly overrides?: { readonly [experiment: string]: string } | undefined;
  /** Without a word from the server for longer than this the client is `stale`, ms. @default 60000 */
  readonly maxAgeMs?: number | undefined;
  /** @default 'stream' where the transport has one, else 'poll' every 5 s; 'manual' asks at each `ready()` only */
  readonly refresh?: RefreshMode | undefined;
  readonly outbox?: OutboxOptions | undefined;
  /** Told of the first error of each code. @default console, while nobody listens to `error`; false for nobody */
  readonly logger?: Logger | false | undefined;
  /** @default globalThis.fetch */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** The local clock, ms since the epoch. @default Date.now */
  readonly now?: (() => number) | undefined;
}

/** Every option: the type keeps the list complete. */
const OPTIONS: { readonly [Name in keyof ClientOptions]-?: 1 } = {
  url: 1,
  transport: 1,
  apiKey: 1,
  experiments: 1,
  bootstrap: 1,
  cache: 1,
  sticky: 1,
  overrides: 1,
  maxAgeMs: 1,
  refresh: 1,
  outbox: 1,
  logger: 1,
  fetch: 1,
  now: 1,
};

/** What follows from the options alone. */
export interface ClientSetup {
  readonly known: ReadonlyMap<string, CatalogueEntry>;
  /** The snapshot to begin with. */
  readonly initial: Snapshot | undefined;
  readonly overrides: ReadonlyMap<string, string>;
}

/** How much of a known name is met in another, by pairs of letters: the edit distance costs 200 bytes more. */
function likeness(name: string, known: string): number {
  const letters = [...name.toLowerCase()];
  const met = letters.filter((letter, at) => at > 0 && known.toLowerCase().includes(letters[at - 1] + letter));
  return met.length / known.length;
}

function checkNames(options: ClientOptions): void {
  const known = Object.keys(OPTIONS);
  const name = Object.keys(options).find((one) => !known.includes(one));
  if (name === undefined) return;
  const near = known.reduce((best, one) => (likeness(name, one) > likeness(name, best) ? one : best));
  const todo = likeness(name, near) > 0.3 ? `did you mean ${near}?` : `there are ${known.join(', ')}`;
  refuse(`the option ${JSON.stringify(name)}`, todo);
}

function checkSources(options: ClientOptions): void {
  const { url, transport, experiments, bootstrap, overrides } = options;
  if (url !== undefined && transport !== undefined) refuse('url and transport', 'give one of them');
  if (options.apiKey !== undefined && url === undefined) refuse('apiKey without url', 'give url too, or leave it out');
  checkApiKey(options.apiKey);
  if (options.apiKey?.startsWith('ak_browser_')) {
    refuse('a browser key, which may read no weights', 'use createClient of @armature/sdk/browser');
  }
  if (url !== undefined) checkUrl(url);
  else if (transport === undefined && bootstrap === undefined && overrides === undefined) {
    if (experiments === undefined) refuse('none of url, transport, experiments, bootstrap', 'give one of them');
    if (isCatalogue(experiments)) {
      refuse('a generated catalogue alone, which holds no weights', 'give url, transport or bootstrap too');
    }
  }
  if (options.refresh !== undefined && !REFRESH.includes(options.refresh)) {
    refuse(`refresh ${JSON.stringify(options.refresh)}`, `write one of ${REFRESH.join(', ')}`);
  }
}

/**
 * Checks a client's options: wrong construction throws.
 *
 * @throws ArmatureError OPTIONS_INVALID
 */
export function clientSetup(options: ClientOptions): ClientSetup {
  if (typeof options !== 'object' || options === null) refuse(String(options), 'pass an object of options');
  checkNames(options);
  checkSources(options);
  if (options.sticky !== undefined && typeof options.sticky.prefetch !== 'function') {
    refuse('a bare store as sticky', 'write sticky: stickyAssignment(store)');
  }
  if (typeof (options.now ?? isCatalogue) !== 'function') refuse('now', 'pass a function');
  checkInteger('maxAgeMs', options.maxAgeMs, 1);
  checkOutbox(options.outbox);
  const { experiments, bootstrap } = options;
  const overrides = new Map(Object.entries(options.overrides ?? {}));
  if (experiments === undefined) return { known: new Map(), initial: bootstrap, overrides };
  if (isCatalogue(experiments)) {
    return { known: new Map(Object.entries(experiments.experiments)), initial: bootstrap, overrides };
  }
  const { snapshot, entries } = inlineSnapshot(experiments);
  const offline = options.url === undefined && options.transport === undefined;
  // Without a server what the code knows is all there is; a server may know arms that the code has not.
  const wrong = [...overrides].find(([name, arm]) => offline && !Object.hasOwn(entries.get(name)?.arms ?? {}, arm));
  if (wrong) refuse(`overrides ${wrong.join(': ')}`, 'name one of its arms');
  return { known: entries, initial: bootstrap ?? (offline ? snapshot : undefined), overrides };
}
