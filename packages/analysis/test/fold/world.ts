import { createRegistry, type Registry } from '@armature/analysis/fold';
import { EVENT_TYPES, type Experiment, type Metric, type SnapshotData } from '@armature/sdk/protocol';

/** Two experiments and their versions, as a config log would have them: what the fold's tests run on. */
const metric = (over: Partial<Metric>): Metric => ({
  name: 'click',
  type: 'real',
  better: 'higher',
  windowMs: 60_000,
  latenessMs: 6_000,
  missing: 'zero',
  maturity: 'closed',
  combine: 'sum',
  attribute: 'last',
  ...over,
});

export function experimentOf(over: Partial<Experiment>): Experiment {
  const arms = ['a', 'b', 'c'].map((id) => ({ id, value: id, weight: 1, off: false }));
  return {
    id: 'exp',
    description: '',
    owner: '',
    status: 'running',
    control: 'a',
    arms,
    assign: 'request',
    reassignMs: null,
    policy: { kind: 'thompson' },
    floor: 0,
    updateMs: 1000,
    adjust: 'none',
    reward: 'click',
    metrics: [metric({})],
    guardrails: [],
    audience: [],
    overrides: [],
    traffic: 1,
    salt: 'exp',
    hash: 1,
    ...over,
  };
}

export const requests = experimentOf({
  id: 'requests',
  metrics: [
    metric({}),
    metric({ name: 'latency', maturity: 'immediate', missing: 'ignored', combine: 'first' }),
    metric({ name: 'opened', maturity: 'immediate', missing: 'zero', combine: 'first', windowMs: 1_000 }),
  ],
});
export const units = experimentOf({
  id: 'units',
  assign: 'unit',
  reassignMs: 30_000,
  metrics: [
    metric({ combine: 'max', attribute: 'first' }),
    metric({ name: 'spend', windowMs: 120_000, combine: 'last', missing: 'ignored' }),
  ],
});
export const forever = experimentOf({
  id: 'forever',
  assign: 'unit',
  metrics: [metric({ attribute: 'all', range: [0, 1], combine: 'first' })],
});

export const VECTORS: Record<string, readonly number[]> = {
  '1.1': [0.5, 0.3, 0.2],
  '1.2': [0.25, 0.25, 0.5],
  '2.1': [0.1, 0.1, 0.8],
};

export function worldOf(experiments: readonly Experiment[] = [requests, units, forever]): Registry {
  const registry = createRegistry();
  for (const body of experiments) {
    registry.applyConfig({
      specversion: '1.0',
      type: EVENT_TYPES.config,
      source: '/test',
      id: `config-${body.id}`,
      time: '2026-01-01T00:00:00.000Z',
      data: {
        experiment: body.id,
        definition: `sha256:${body.id}`,
        action: 'applied',
        effect: 'resets-posterior',
        by: 'test',
        body,
      },
    });
    for (const [version, vector] of Object.entries(VECTORS)) {
      const data: SnapshotData = {
        experiment: body.id,
        version,
        definition: `sha256:${body.id}`,
        arms: ['a', 'b', 'c'],
        rules: { policy: vector },
        means: {},
        asOf: {},
      };
      registry.applyConfig({
        specversion: '1.0',
        type: EVENT_TYPES.snapshot,
        source: '/test',
        id: `${body.id}-${version}`,
        time: '2026-01-01T00:00:00.000Z',
        data,
      });
    }
  }
  return registry;
}
