import type { Random } from '@armature/analysis';
import type { Client, Decision } from '@armature/sdk';
import { CLICK_RATES, EXPERIMENT, SLOWEST_CLICK_MS } from './published-test.js';

/** Visitors that come evenly, are shown a headline, and some of whom click a little later. */
export interface Visitors {
  /** Lets the visitors come and the clicks happen that are due by a time, ms since the epoch. */
  until(now: number): void;
  readonly decided: number;
  readonly clicked: number;
  /** Clicks that visitors have not got round to. */
  readonly pending: number;
  readonly done: boolean;
}

export interface VisitorsOptions {
  readonly client: Client;
  /** First number of a visitor: a run that was interrupted goes on where it stopped. */
  readonly from: number;
  readonly total: number;
  readonly perSecond: number;
  readonly random: Random;
  /** When the first visitor comes, ms since the epoch. */
  readonly start: number;
  /** Names the requests, so that the same seed draws the same arms. Without it each decision draws anew. */
  readonly requestName?: (visitor: number) => string;
}

interface Click {
  readonly at: number;
  readonly decision: Decision;
}

/** The demo's traffic and its rewards. */
export function createVisitors(options: VisitorsOptions): Visitors {
  const { client, from, total, perSecond, random, start, requestName } = options;
  let visitor = from;
  let clicked = 0;
  let clicks: Click[] = [];

  const visit = (at: number): void => {
    const decision = client.decide(EXPERIMENT, requestName === undefined ? {} : { requestId: requestName(visitor) });
    visitor += 1;
    const clicking = random() < (CLICK_RATES.get(decision.arm) ?? 0);
    const delay = SLOWEST_CLICK_MS * random();
    if (clicking) clicks.push({ at: at + delay, decision });
  };

  return {
    until(now) {
      const due = Math.min(total, from + Math.floor(((now - start) / 1000) * perSecond));
      while (visitor < due) visit(now);
      const [happening, later] = [clicks.filter(({ at }) => at <= now), clicks.filter(({ at }) => at > now)];
      clicks = later;
      for (const { decision } of happening) client.reward(decision, true);
      clicked += happening.length;
    },
    get decided() {
      return visitor - from;
    },
    get clicked() {
      return clicked;
    },
    get pending() {
      return clicks.length;
    },
    get done() {
      return visitor >= total && clicks.length === 0;
    },
  };
}
