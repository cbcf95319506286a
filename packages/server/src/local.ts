import type { Transport } from '@armature/sdk';
import { type Engine, type EngineOptions, openEngine } from './engine.js';

/** A transport whose other end is in this process. */
export interface LocalTransport extends Transport {
  readonly engine: Engine;
  /** Writes checkpoints and lets the data directory go. */
  close(): Promise<void>;
}

/**
 * Log, fold and publisher in this process, without a port: the same code as the server. The data directory belongs to
 * this process until `close`; the key that signs tokens is kept in it.
 *
 * @param options the experiments directory and the data directory, and what else openEngine takes
 * @returns a transport for createClient; closing the client closes it
 * @throws as openEngine
 * @example
 * typeof openLocal // => 'function'
 */
export async function openLocal(options: EngineOptions): Promise<LocalTransport> {
  const engine = await openEngine({ keepSigningKey: true, ...options });
  return {
    engine,
    send: (events) => engine.ingest(events),
    async fetchSnapshot(version) {
      return engine.snapshot.version === version ? 'unchanged' : engine.snapshot;
    },
    subscribe: (onSnapshot) => engine.onSnapshot(onSnapshot),
    get tokenKey() {
      return engine.keys.signingKey;
    },
    sticky: engine.sticky,
    close: () => engine.close(),
  };
}
