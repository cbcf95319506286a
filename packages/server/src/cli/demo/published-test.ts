/**
 * What the demo replays: four headlines of one article as a newsroom tested them, with the published counts of people
 * who saw each and clicked.
 *
 * @see Upworthy Research Archive; Matias et al. 2021, Scientific Data, doi 10.1038/s41597-021-00934-7, exploratory test 0
 */
export const PUBLISHED = [
  { arm: 'a', impressions: 2629, clicks: 68 },
  { arm: 'b', impressions: 2661, clicks: 63 },
  { arm: 'c', impressions: 2539, clicks: 49 },
  { arm: 'd', impressions: 2551, clicks: 39 },
] as const;

export const EXPERIMENT = 'headline';

/** Clicks per visitor, by arm: the truth that the bandit does not know. */
export const CLICK_RATES: ReadonlyMap<string, number> = new Map(
  PUBLISHED.map(({ arm, impressions, clicks }) => [arm, clicks / impressions]),
);

/** How long a visitor may take to click, in ms after the decision. */
export const SLOWEST_CLICK_MS = 1200;

/** The demo's experiment file. */
export const experimentFile = (
  lateness?: string,
): string => `# Four headlines of one article. The click counts that visitors are drawn from are those of a real test.
experiment: ${EXPERIMENT}
description: four headlines of one article
arms: [${PUBLISHED.map(({ arm }) => arm).join(', ')}]
control: d
assign: request
policy: thompson
floor: 2%
update: 500ms
reward: { metric: click, window: 2s${lateness === undefined ? '' : `, lateness: ${lateness}`} }
`;

/** What serving visitors cost against always serving the best arm, the true rates being known, in clicks. */
export function trueRegret(served: ReadonlyMap<string, number>): {
  readonly bandit: number;
  readonly evenSplit: number;
} {
  const rates = [...CLICK_RATES.values()];
  const best = Math.max(...rates);
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  let bandit = 0;
  let visitors = 0;
  for (const [arm, n] of served) {
    bandit += n * (best - (CLICK_RATES.get(arm) ?? best));
    visitors += n;
  }
  return { bandit, evenSplit: visitors * (best - mean) };
}
