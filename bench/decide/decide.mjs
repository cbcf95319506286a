import { interleave, timesSlower } from '../harness/interleave.mjs';

const at = (path) => new URL(path, import.meta.url);

export const title = 'decide: 4 arms, the full vector, and the event in a sink';
const MOST_US = 0.5;
const AMONG = 'in turn, each with three rules, a holdout and a layer';

const armature = (options) => ({ module: at('./armature.mjs'), options: { assign: 'unit', ...options } });
const growthbook = (multi, tracking) => ({ module: at('./growthbook.mjs'), options: { multi, tracking } });
const eppo = (options) => ({ module: at('./eppo.mjs'), options });

/** In the order in which they take turns: what is compared stands together. */
const parts = {
  condition: armature({ condition: true }),
  'growthbook tracked': growthbook(false, true),
  'growthbook tracked, multi-user': growthbook(true, true),
  'condition offline': armature({ condition: true, online: false }),
  growthbook: growthbook(false, false),
  'growthbook, multi-user': growthbook(true, false),
  openfeature: { module: at('./openfeature.mjs') },
  loaded: armature({ condition: true, loaded: 50 }),
  unit: armature({}),
  'eppo bandit': eppo({ bandit: true, context: true }),
  'eppo bandit, intercepts only': eppo({ bandit: true }),
  'eppo flag': eppo({ bandit: false }),
  request: armature({ assign: 'request' }),
  period: armature({ period: 20_563 }),
  offline: armature({ online: false }),
  'bare hash': { module: at('./bare-hash.mjs') },
};

/** One row per comparison, like with like: a condition on both sides or on neither, events on both sides or on neither. */
export async function measure({ rounds, onRound }) {
  const by = await interleave(parts, { rounds, onRound });
  const row = (what, own, peer, least, name = peer) => ({
    what,
    unit: 'us CPU',
    ours: by[own].cpuUs,
    peer: { name, value: by[peer].cpuUs },
    ...timesSlower(by[own], by[peer]),
    ...(least === undefined ? {} : { least }),
  });
  const faster = (a, b) => (by[a].cpuUs < by[b].cpuUs ? a : b);
  // Whichever of its two ways is the faster one in this run.
  const tracked = faster('growthbook tracked', 'growthbook tracked, multi-user');
  const silent = faster('growthbook', 'growthbook, multi-user');
  const absolute = (what, own, note) => ({
    what,
    unit: 'us CPU',
    ours: by[own].cpuUs,
    spread: by[own].spread,
    ...(note === undefined ? { most: MOST_US } : { note }),
  });
  return [
    row('decide, condition, event', 'condition', tracked, 5, 'GrowthBook, tracking'),
    row('decide, condition, no event', 'condition offline', silent, undefined, 'GrowthBook, no tracking'),
    row('decide, event', 'unit', 'eppo bandit', 40),
    row('decide, event', 'unit', 'eppo bandit, intercepts only', 40),
    row('decide, condition, event', 'condition', 'eppo flag'),
    row('decide, condition, no event', 'condition offline', 'openfeature', undefined, 'OpenFeature, in memory'),
    row('decide, event', 'unit', 'bare hash'),
    row('decide among 50 experiments, event', 'loaded', tracked, 5, 'GrowthBook, tracking'),
    absolute('decide by unit, event', 'unit'),
    absolute('decide by unit, no event', 'offline'),
    absolute('decide by request, event', 'request'),
    absolute('decide by unit and period, event', 'period'),
    absolute('decide among 50 experiments, event', 'loaded', AMONG),
  ];
}
