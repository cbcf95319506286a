import type { Catalogue, Shapes, UnknownShapes } from '../catalogue.js';
import { PageClient } from './browser-client.js';
import { type BrowserOptions, checkBrowserOptions } from './browser-options.js';
import type { BrowserClient } from './client.js';

/**
 * Makes the client of a page. It draws nothing and never sees weights: it serves decisions that a server made, given as
 * `decisions` or fetched by `prefetch`, and sends exposures and rewards. What is queued when the page is hidden goes
 * out with requests that outlive it.
 *
 * @returns a client typed by its experiments; without any, arms are strings and values unknown
 * @throws ArmatureError OPTIONS_INVALID
 * @example
 * createClient({ url: 'https://experiments.example', logger: false }).decide('button', { default: 'green' }).arm // => 'green'
 */
export function createClient<E extends Shapes>(
  options: BrowserOptions<E> & { readonly experiments: Catalogue<E> },
): BrowserClient<E>;
export function createClient(options: BrowserOptions<never>): BrowserClient<UnknownShapes>;
export function createClient(options: BrowserOptions): BrowserClient {
  checkBrowserOptions(options);
  return new PageClient(options);
}
