/**
 * The whole way of a decision with a holdout, a layer and part of the traffic: drawn by the client, logged, folded,
 * reported. Units that do not take part convert far more often than the others, so that a single one in a hundred of
 * them in the control arm's cells would show.
 */
import { applyRecord, createRegistry, emptyState, healthOf, statisticsOf } from '@armature/analysis/fold';
import { createClient, type OutgoingEvent, type Transport } from '@armature/sdk';
import { stageOdds } from '@armature/sdk/policies';
import {
  type DecisionEvent,
  definitionOf,
  EVENT_TYPES,
  type LogEvent,
  parseExperiments,
  type SnapshotData,
} from '@armature/sdk/protocol';
import { beforeAll, describe, expect, test } from 'vitest';
import { buildReport, createRandom, type Report } from '../src/index.js';
import { NO_HEALTH } from './report-input.js';

const REPLICATIONS = 120;
const UNITS = 2000;
const START = Date.UTC(2026, 10, 24, 5, 0);
const RATES: { readonly [arm: string]: number } = { plain: 0.2, bold: 0.26 };
const OUTSIDE = 0.9;
const VERSION = '1.1';

const fileOf = (seed: number): string => `experiment: hero
arms: { plain: { weight: 60% }, bold: { weight: 40% } }
holdout: 20%
layer: { name: page-${seed}, slot: [10%, 90%] }
traffic: 75%
salt: hero-${seed}
reward: { metric: click, window: 10m }
`;
const iso = (time: number): string => new Date(time).toISOString();

/** The decisions of one seed's units, as a client made and sent them. */
async function decisionsOf(seed: number) {
  const parsed = parseExperiments(fileOf(seed), 'a.yaml');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  const [experiment] = parsed.experiments;
  const { hash: definition } = definitionOf(experiment!);
  const { salt, holdout, layer, traffic } = experiment!;
  const stages = { holdout: holdout!, layer: layer!, traffic };
  const hero = {
    version: VERSION,
    hash: 1,
    salt,
    definition,
    assign: 'unit',
    status: 'running',
    control: 'plain',
    arms: ['bold', 'plain'],
    ...stages,
    rules: [{ id: 'policy', weights: [0.4, 0.6] }],
  } as const;
  const events: OutgoingEvent[] = [];
  const transport: Transport = {
    fetchSnapshot: async () => 'unchanged',
    send: async (batch) => {
      events.push(...batch);
      return { accepted: batch.length, rejected: 0, errors: [] };
    },
  };
  const client = createClient({
    transport,
    bootstrap: { schema: 1, version: VERSION, hash: definition, issued: iso(START), experiments: { hero } },
    refresh: 'manual',
    now: () => START,
  });
  for (let i = 0; i < UNITS; i += 1) client.decide('hero', { unit: `u-${i}` });
  await client.close();
  return { experiment: experiment!, definition, stages, events: events as readonly DecisionEvent[] };
}

/** Rewards by what was drawn; of those who do not take part, far more. */
function rewardsOf(events: readonly DecisionEvent[], seed: number): readonly LogEvent[] {
  const random = createRandom(seed);
  return events.flatMap(({ id, data: { reason, arm, unit } }, n): readonly LogEvent[] => {
    if (random() >= (reason === 'split' ? RATES[arm]! : OUTSIDE)) return [];
    return [
      {
        ...{
          specversion: '1.0',
          type: EVENT_TYPES.reward,
          source: '/test',
          id: `reward-${n}`,
          time: iso(START + 1000),
        },
        data: { experiment: 'hero', decision: id, unit: unit!, metrics: { click: 1 } },
      },
    ];
  });
}

async function replicate(seed: number) {
  const { experiment, definition, stages, events } = await decisionsOf(seed);
  const registry = createRegistry();
  const envelope = { specversion: '1.0', source: '/test', time: iso(START) } as const;
  const version: SnapshotData = {
    ...{ experiment: 'hero', version: VERSION, definition, arms: ['bold', 'plain'], rules: { policy: [0.4, 0.6] } },
    ...{ means: {}, asOf: {} },
  };
  const applied = { action: 'applied', effect: 'resets-posterior', by: 'test', body: experiment } as const;
  registry.applyConfig({
    ...{ ...envelope, type: EVENT_TYPES.config, id: 'c' },
    data: { experiment: 'hero', definition, ...applied },
  });
  registry.applyConfig({ ...envelope, type: EVENT_TYPES.snapshot, id: 's', data: version });
  const state = emptyState();
  const rewards = rewardsOf(events, seed);
  const all: readonly LogEvent[] = [...events, ...rewards];
  for (const event of all) applyRecord(state, { offset: state.offset, at: START + 1000, event }, registry);
  // Log time goes ten minutes a record at most.
  for (let minutes = 9; minutes <= 36; minutes += 9) {
    const at = START + minutes * 60_000;
    const tick = { ...envelope, type: EVENT_TYPES.tick, id: `t-${minutes}`, time: iso(at), data: {} } as const;
    applyRecord(state, { offset: state.offset, at, event: tick }, registry);
  }
  const report = buildReport({
    experiment,
    statistics: statisticsOf(state),
    versions: new Map([[VERSION, version]]),
    health: healthOf(state).get('hero') ?? NO_HEALTH,
    open: { open: 0, firstClosesAt: null },
    now: START + 3_600_000,
  });
  const count = (reason: string): number => events.filter(({ data }) => data.reason === reason).length;
  return { report, odds: stageOdds(stages), seen: { drawn: count('split'), holdout: count('holdout') }, rewards };
}

let runs: readonly Awaited<ReturnType<typeof replicate>>[];
beforeAll(async () => {
  const made = [];
  for (let seed = 1; seed <= REPLICATIONS; seed += 1) made.push(await replicate(seed));
  runs = made;
}, 120_000);

const contrast = (report: Report) => report.metrics[0]!.contrasts[0]!;
const covers = ({ low, high }: { readonly low: number | null; readonly high: number | null }): boolean => {
  const truth = RATES.bold! - RATES.plain!;
  return low !== null && high !== null && low <= truth && truth <= high;
};
/** Three Monte-Carlo standard errors of a share over all replications. */
const slack = (share: number): number => 3 * Math.sqrt((share * (1 - share)) / REPLICATIONS);

describe('a report of an experiment with a holdout, a layer and part of the traffic', () => {
  test('has an interval that covers the true difference as often as it says', () => {
    const share = runs.filter(({ report }) => covers(contrast(report).oneLook)).length / runs.length;
    expect(share).toBeGreaterThanOrEqual(0.95 - slack(0.95));
    const anytime = runs.filter(({ report }) => covers(contrast(report).anytime)).length / runs.length;
    expect(anytime).toBeGreaterThanOrEqual(0.95 - slack(0.95));
  });

  test('rests on the units that were drawn, and on nobody else', () => {
    for (const { report, seen } of runs) {
      expect(report.trials).toMatchObject({ opened: seen.drawn, closed: seen.drawn });
      const means = report.metrics[0]!.arms.map(({ naiveMean }) => naiveMean);
      expect(means.every((mean) => mean !== null && mean < 0.4)).toBe(true);
    }
  });

  test('names those who took no part, and finds the shares of the arms as they were logged', () => {
    for (const { report, seen } of runs) {
      const excluded = UNITS - seen.drawn - seen.holdout;
      const counts = new Map(report.health.exclusions.map(({ id, count }) => [id, count]));
      expect(counts.get('not-randomised-holdout')).toBe(seen.holdout);
      expect(counts.get('not-randomised-excluded')).toBe(excluded);
    }
    expect(runs.filter(({ report }) => report.verdict.status === 'unhealthy').length).toBeLessThanOrEqual(2);
  });

  test('is of the share of units that outer says, over all seeds', () => {
    const n = REPLICATIONS * UNITS;
    const p = runs[0]!.odds.drawn;
    const drawn = runs.reduce((sum, { seen }) => sum + seen.drawn, 0);
    expect(Math.abs(drawn - n * p)).toBeLessThan(4 * Math.sqrt(n * p * (1 - p)));
  });
});
