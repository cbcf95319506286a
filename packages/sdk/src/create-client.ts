import { ArmatureClient } from './armature-client.js';
import type { Catalogue, InlineExperiments, Shapes, ShapesOf, UnknownShapes } from './catalogue.js';
import type { Client } from './client.js';
import { type ClientOptions, clientSetup } from './client-options.js';

/**
 * Makes a client. It starts nothing and reads nothing until the first decision or `ready()`.
 *
 * With `url` or `transport` it follows the server's snapshots and sends events. With inline experiments alone it is
 * offline: it draws with fixed weights and sends nothing (rewards answer OFFLINE; see `on('decision')`). An open stream
 * keeps a Node process alive until `close()`.
 *
 * @returns a client typed by its experiments; without any, arms are strings and values unknown
 * @throws ArmatureError OPTIONS_INVALID, or SNAPSHOT_REFUSED for a broken bootstrap
 * @example
 * createClient({ experiments: { button: { arms: ['green', 'blue'] } } }).decide('button', { unit: 'u-1' }).propensities // => { blue: 0.5, green: 0.5 }
 */
export function createClient<E extends Shapes>(
  options: ClientOptions<Catalogue<E>> & { readonly experiments: Catalogue<E> },
): Client<E>;
export function createClient<const I extends InlineExperiments>(
  options: ClientOptions<I> & { readonly experiments: I },
): Client<ShapesOf<I>>;
export function createClient(options: ClientOptions<never>): Client<UnknownShapes>;
export function createClient(options: ClientOptions): Client {
  return new ArmatureClient(options, clientSetup(options));
}
