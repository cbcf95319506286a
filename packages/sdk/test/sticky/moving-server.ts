import type { Client, OutgoingEvent, Snapshot, Transport } from '../../src/index.js';
import { createClient } from '../../src/index.js';
import type { DecisionEvent } from '../../src/protocol/event.js';
import type { SnapshotExperiment } from '../../src/protocol/snapshot.js';
import type { StickyAssignment } from '../../src/sticky/index.js';

export const definition = `sha256:${'ab'.repeat(32)}`;

/** A server that hands out versions of one sticky experiment, and keeps what it is sent and every vector it served. */
export interface MovingServer {
  readonly transport: Transport;
  readonly events: DecisionEvent[];
  /** Weights by arm of each version served. */
  readonly vectors: Map<string, { readonly [arm: string]: number }>;
  /** Makes the next version. */
  serve(weights: { readonly [arm: string]: number }, more?: { readonly epoch?: number; readonly log?: number }): void;
  client(sticky?: StickyAssignment, now?: () => number): Client;
}

export function movingServer(weights: { readonly [arm: string]: number }): MovingServer {
  const events: DecisionEvent[] = [];
  const vectors = new Map<string, { readonly [arm: string]: number }>();
  let sequence = 0;
  let snapshot: Snapshot;
  const serve: MovingServer['serve'] = (moved, { epoch = 1, log = 1_700_000_000 } = {}) => {
    sequence += 1;
    const version = `${epoch}.${sequence}`;
    const arms = Object.keys(moved).sort();
    vectors.set(version, moved);
    const shop: SnapshotExperiment = {
      ...({ hash: 1, assign: 'sticky', status: 'running', control: 'a' } as const),
      ...{ version, salt: 'shop', definition, arms },
      rules: [{ id: 'policy', weights: arms.map((arm) => moved[arm] ?? 0) }],
    };
    snapshot = {
      schema: 1,
      ...{ version: `${log}.${sequence}`, hash: definition, issued: '2026-11-24T05:26:42.123Z' },
      experiments: { shop },
    };
  };
  serve(weights);
  const transport: Transport = {
    async send(sent: readonly OutgoingEvent[]) {
      events.push(...(sent as DecisionEvent[]));
      return { accepted: sent.length, rejected: 0, errors: [] };
    },
    fetchSnapshot: async (version) => (version === snapshot.version ? 'unchanged' : snapshot),
  };
  return {
    ...{ transport, events, vectors, serve },
    client: (sticky, now = Date.now) =>
      createClient({ transport, refresh: 'manual', logger: false, sticky, now, outbox: { capacity: 1_000_000 } }),
  };
}

/** Numbers in [0, 1) from a seed: mulberry32. */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Three weights in billionths that sum to 1, none of them 0. */
export function someWeights(random: () => number): { readonly [arm: string]: number } {
  const a = Math.floor(1e8 + 3e8 * random());
  const b = Math.floor(1e8 + 3e8 * random());
  return { a: a / 1e9, b: b / 1e9, c: (1e9 - a - b) / 1e9 };
}
