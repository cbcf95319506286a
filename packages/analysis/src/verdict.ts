import { type Interval, percentLevel } from './estimate.js';
import type { CheckStatus, Verdict } from './report.js';

/** What the verdict is read from. */
export interface VerdictInput {
  readonly health: CheckStatus;
  /** Closed trials of the reward metric. */
  readonly closed: number;
  /** `128 trials open, ...` or null. */
  readonly open: string | null;
  /** Arms with their probability of being best, any order. */
  readonly arms: readonly { readonly arm: string; readonly probability: number | null }[];
  /** The leader against every other arm: anytime-valid at alpha / (K - 1) each. */
  readonly lead: readonly { readonly arm: string; readonly interval: Interval }[];
  /** The same at alpha over the K (K - 1) / 2 pairs of arms: which of them are looked at was chosen by the data. */
  readonly pairs: readonly { readonly arm: string; readonly interval: Interval }[];
  readonly better: 'higher' | 'lower';
  /** Arms that can no longer be drawn; they have no probability and are compared with nothing. */
  readonly retired: readonly string[];
}

/** Below this probability of being best an arm is called unlikely to be it. */
const UNLIKELY = 0.01;

/**
 * The verdict, never more than the data carry: an arm is called best only when its anytime-valid intervals against
 * every other arm, at alpha / (K - 1) each, all lie on its side of zero; else it leads, and nothing is decided. That an
 * arm which is not the best passes against the best is a chance of alpha / 2 over all arms together, so that the choice
 * of the leader costs nothing. K counts retired arms too, since which ones were retired may have hung on the data. A single arm is called behind at alpha over all pairs: of two equal arms, either may lead.
 *
 * @param input probabilities, the leader's intervals and the health
 * @example
 * verdictOf({ health: 'ok', closed: 0, open: null, arms: [], lead: [], pairs: [], better: 'higher', retired: [] }).sentences // => ['No trial has closed yet.']
 */
export function verdictOf(input: VerdictInput): Verdict {
  const { health, closed, open, arms, lead, pairs, better, retired } = input;
  const ranked = rankArms(arms);
  const first = ranked[0];
  if (closed === 0 || first === undefined) {
    const nothing = closed === 0 ? 'No trial has closed yet' : 'No arm has a probability of being best';
    const sentences = [open === null ? `${nothing}.` : `${nothing}: ${open}.`];
    return { status: 'none', leader: null, probability: null, behind: [], retired, sentences };
  }
  const { arm: leader, probability } = first;
  const base = { leader, probability, retired };
  if (health === 'failed') {
    const sentences = ['A health check failed: do not act on these numbers before its cause is found.'];
    return { ...base, status: 'unhealthy', behind: [], sentences };
  }
  const aheadBy = (intervals: VerdictInput['lead']): readonly string[] =>
    intervals.filter(({ interval }) => isAhead(interval, better)).map(({ arm }) => arm);
  const ahead = aheadBy(lead);
  if (lead.length > 0 && ahead.length === lead.length) {
    const level = percentLevel(lead[0]?.interval.level ?? 0.95);
    const sentence = `${leader} is best: ahead of ${list(ahead)} (anytime-valid at ${level}, all comparisons together).`;
    return { ...base, status: 'decided', behind: ahead, sentences: [sentence, ...retiredSentence(retired)] };
  }
  const behind = aheadBy(pairs);
  const sentences = [...undecided(ranked, behind, lead), ...retiredSentence(retired)];
  return { ...base, status: 'not decided', behind, sentences };
}

function retiredSentence(retired: readonly string[]): readonly string[] {
  if (retired.length === 0) return [];
  const [verb, take] = retired.length === 1 ? ['is', 'takes'] : ['are', 'take'];
  return [`${list(retired)} ${verb} switched off and ${take} no part.`];
}

/**
 * Arms by falling probability of being best, ties by name; those without a probability are left out.
 *
 * @example
 * rankArms([{ arm: 'a', probability: 0.2 }, { arm: 'b', probability: 0.8 }, { arm: 'c', probability: null }]).map(({ arm }) => arm) // => ['b', 'a']
 */
export function rankArms(
  arms: VerdictInput['arms'],
): readonly { readonly arm: string; readonly probability: number }[] {
  return arms
    .flatMap(({ arm, probability }) => (probability === null ? [] : [{ arm, probability }]))
    .sort((a, b) => b.probability - a.probability || (a.arm < b.arm ? -1 : 1));
}

function undecided(
  ranked: readonly { arm: string; probability: number }[],
  behind: readonly string[],
  lead: VerdictInput['lead'],
): readonly string[] {
  const [first, ...rest] = ranked;
  const likely = rest.filter(({ probability }) => probability >= UNLIKELY);
  const others = likely.map(({ arm, probability }) => `${arm} ${percent(probability)}`);
  const sentences = [
    `${[`${first!.arm} leads: ${percent(first!.probability)} likely best`, ...others].join(', ')}.`,
    'Not decided.',
  ];
  const unlikely = rest.filter(({ arm, probability }) => probability < UNLIKELY && !behind.includes(arm));
  if (behind.length > 0)
    sentences.push(
      `${list(behind)} ${behind.length === 1 ? 'is' : 'are'} behind ${first!.arm} (anytime-valid, all comparisons together).`,
    );
  if (unlikely.length > 0) {
    const [verb, each] = unlikely.length === 1 ? ['is', ''] : ['are', 'each '];
    sentences.push(`${list(unlikely.map(({ arm }) => arm))} ${verb} unlikely to be best (${each}< 1%).`);
  }
  const waiting = lead.filter(({ interval }) => interval.status === 'insufficient');
  if (waiting.length > 0)
    sentences.push(`${list(waiting.map(({ arm }) => arm))} cannot be compared yet: ${waiting[0]!.interval.reason}.`);
  return sentences;
}

function isAhead({ low, high }: Interval, better: 'higher' | 'lower'): boolean {
  return better === 'higher' ? low !== null && low > 0 : high !== null && high < 0;
}

function percent(probability: number): string {
  if (probability > 0.99) return '> 99%';
  return `${Math.round(100 * probability)}%`;
}

function list(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
