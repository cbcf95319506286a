import { cacheOutages } from './cache.js';
import { outageDay } from './day.js';
import { herdOutages } from './herd.js';
import { linkOutages } from './link.js';
import { outboxOutages } from './outbox.js';
import { outageTable, type Section } from './row.js';
import { manyUnits } from './units.js';

export type Size = 'suite' | 'quick' | 'full';

/** How much of everything: what the suite has time for, a few minutes, or what is promised. */
const PLANS = {
  suite: {
    day: { hours: 1, decisions: 20_000, speed: 900, bodies: 6 },
    cache: { kills: 12, flips: 60, reads: 40 },
    link: { halfOpen: 1 },
    outbox: { offered: 200_000, events: 1000, terminations: 1, kills: 3 },
    herd: { clients: 100, minutes: 3 },
    units: 100_000,
  },
  quick: {
    day: { hours: 4, decisions: 100_000, speed: 400, bodies: 20 },
    cache: { kills: 60, flips: 200, reads: 200 },
    link: { halfOpen: 3 },
    outbox: { offered: 500_000, events: 3000, terminations: 3, kills: 10 },
    herd: { clients: 500, minutes: 5 },
    units: 1_000_000,
  },
  full: {
    day: { hours: 24, decisions: 1_000_000, speed: 400, bodies: 100 },
    cache: { kills: 500, flips: 500, reads: 1000 },
    link: { halfOpen: 10 },
    outbox: { offered: 1_000_000, events: 5000, terminations: 5, kills: 50 },
    herd: { clients: 1000, minutes: 10 },
    units: 10_000_000,
  },
} as const;

/** The sections by name, each run by itself. */
export function sections(size: Size, seed: number): { readonly [name: string]: () => Promise<Section> } {
  const plan = PLANS[size];
  return {
    day: () => outageDay(plan.day),
    cache: () => cacheOutages({ ...plan.cache, seed }),
    link: () => linkOutages(plan.link),
    outbox: () => outboxOutages({ ...plan.outbox, seed }),
    herd: () => herdOutages(plan.herd),
    units: () => manyUnits(plan.units),
  };
}

export { outageTable };
