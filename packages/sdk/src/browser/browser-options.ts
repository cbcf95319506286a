import type { Catalogue, Shapes } from '../catalogue.js';
import type { Logger } from '../client-options.js';
import { checkKeys, checkOutbox, checkUrl, refuse } from '../option-checks.js';
import type { OutboxOptions } from '../outbox.js';
import { type GivenDecision, isGiven } from './page-decision.js';

/** How to make a page's client. */
export interface BrowserOptions<E extends Shapes = Shapes> {
  /** Where the page reaches the server, such as https://experiments.example. */
  readonly url: string;
  /** A key of kind `browser`, which names the page's origin. None on a server without keys. Everybody can read it. */
  readonly apiKey?: string | undefined;
  /** Made on the server for this page: `forPage(client.decideAll({ unit, expose: false }))`, or those that `/v1/decide` answered. */
  readonly decisions?: readonly GivenDecision[] | undefined;
  /** The catalogue that `armature types` wrote: types, control arms and metrics. It becomes a part of the page. */
  readonly experiments?: Catalogue<E> | undefined;
  /** @default capacity 1000, batch 50, everyMs 1000 */
  readonly outbox?: OutboxOptions | undefined;
  /** Told of the first error of each code. @default console, while nobody listens to `error`; false for nobody */
  readonly logger?: Logger | false | undefined;
  /** @default globalThis.fetch */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** The local clock, ms since the epoch. @default Date.now */
  readonly now?: (() => number) | undefined;
}

const OPTIONS: { readonly [Name in keyof BrowserOptions]-?: 1 } = {
  url: 1,
  apiKey: 1,
  decisions: 1,
  experiments: 1,
  outbox: 1,
  logger: 1,
  fetch: 1,
  now: 1,
};

/**
 * Checks the options of a page's client: wrong construction throws.
 *
 * @throws ArmatureError OPTIONS_INVALID
 */
export function checkBrowserOptions(options: BrowserOptions): void {
  checkKeys('options', options, Object.keys(OPTIONS));
  checkUrl(options.url);
  // Any other key lets whoever reads the page send decisions of his own. No part of it is told.
  if (options.apiKey !== undefined && !/^ak_browser_[!-~]+$/.test(options.apiKey)) {
    refuse('an API key that is not of kind browser', 'make one: armature keys create --kind browser --origin …');
  }
  const { decisions, experiments } = options;
  if (decisions !== undefined && !(Array.isArray(decisions) && decisions.every(isGiven))) {
    refuse('decisions that are none', 'pass forPage(client.decideAll({ unit, expose: false })) of the server');
  }
  if (experiments !== undefined && typeof experiments.digest !== 'string') {
    refuse(
      'experiments without a digest',
      'pass the catalogue that `armature types` writes; shares stay on the server',
    );
  }
  checkOutbox(options.outbox);
}
