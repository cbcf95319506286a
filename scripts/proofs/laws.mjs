// The laws that the mathematics gives, and the test that holds each: the table of docs/proofs.md.
import { readFileSync } from 'node:fs';

const SDK = 'packages/sdk/test/policies';
const ANALYSIS = 'packages/analysis/test';

/** [law, file, a piece of the test's title, runs where they are no property's] */
export const LAWS = [
  ['the weights of every policy sum to 1', `${SDK}/laws.test.ts`, 'sum to 1 within 1e-12, and none is below 0'],
  ['permuting arms permutes weights, every policy', `${SDK}/laws.test.ts`, 'are permuted when the arms are'],
  [
    'weights do not depend on how trials were gathered',
    `${SDK}/laws.test.ts`,
    'do not depend on how trials were gathered into cells',
  ],
  [
    'P(best) sums to 1 before it is normalised, 2 to 100 arms, 0 to 1e8 trials',
    `${SDK}/best-arm.test.ts`,
    'before they are normalised they sum to 1 within 1e-9',
  ],
  [
    'permuting posteriors permutes P(best), to the last bit',
    `${SDK}/best-arm.test.ts`,
    'permuting the arms permutes the probabilities, to the last bit',
  ],
  ['identical arms have exactly 1/K', `${SDK}/best-arm.test.ts`, 'identical arms have exactly 1/K each'],
  [
    'one more success never lowers an arm, one more failure never raises it',
    `${SDK}/best-arm.test.ts`,
    'one more success, failures fixed, never lowers an arm',
  ],
  ['lowest of mirrored arms is the highest', `${SDK}/best-arm.test.ts`, 'the lowest of mirrored arms is the highest'],
  [
    'a unit of measurement changes no P(best)',
    `${SDK}/best-arm.test.ts`,
    'shifting and scaling all real rewards changes nothing',
  ],
  [
    'learning in two steps is learning at once',
    `${SDK}/posterior.test.ts`,
    'learning in two steps is learning at once',
  ],
  [
    'UCB does not depend on the unit of rewards',
    `${SDK}/reward-moments.test.ts`,
    'without a range the scaled moments do not depend on the unit',
  ],
  [
    'the KL-UCB bound is the greatest allowed',
    `${SDK}/ucb.test.ts`,
    'the upper bound is the greatest q whose divergence is allowed',
  ],
  ['allocation: sum 1, none below 0', `${SDK}/allocate.test.ts`, 'the probabilities sum to 1 and none is below 0'],
  ['allocation: floors and caps hold', `${SDK}/allocate.test.ts`, 'every arm lies within its floor and its cap'],
  ['allocation: permuting arms permutes p', `${SDK}/allocate.test.ts`, 'permuting the arms permutes the probabilities'],
  ['allocation: p = q where feasible', `${SDK}/allocate.test.ts`, 'weights inside the bounds are served as they are'],
  [
    'allocation: free arms keep their ratios',
    `${SDK}/allocate.test.ts`,
    'arms that no bound holds keep the ratio of their weights',
  ],
  [
    'allocation: raising a cap never lowers its arm nor raises another',
    `${SDK}/allocate.test.ts`,
    'raising a cap never lowers its arm and never raises another',
  ],
  [
    'allocation: projecting again changes nothing',
    `${SDK}/project.test.ts`,
    'projecting probabilities again gives them back, bit for bit',
  ],
  [
    'billionths sum to a billion, zeros and positives stay apart',
    `${SDK}/billionths.test.ts`,
    'every allocation becomes parts that sum to a billion',
  ],
  [
    'raising one arm, the others in proportion, moves traffic only to it',
    `${SDK}/laws.test.ts`,
    'raising any arm of any vector, the others in proportion',
  ],
  [
    'the share that changes arm lies in [TV, 2 TV / (1 + TV)], is 0 without a change and the same both ways',
    `${SDK}/changed-share.test.ts`,
    'it lies between the total variation and twice that',
  ],
  ['merging cells is commutative', `${SDK}/cells.test.ts`, 'merging is commutative'],
  ['merging cells is associative', `${SDK}/cells.test.ts`, 'merging is associative'],
  [
    'merging parts is one pass over the whole',
    `${SDK}/cells.test.ts`,
    'merging the parts of a sample is the same as one pass over it',
  ],
  [
    'cells and rows give the same contrast',
    `${ANALYSIS}/common-weight-contrast.test.ts`,
    'read from rows and from strata agree to 1e-12',
  ],
  [
    'a contrast is the difference of the means in its table',
    `${ANALYSIS}/common-weight-contrast.test.ts`,
    "is the difference of the arms' means in the same table",
  ],
  [
    'a difference of rates mirrors when arms are swapped',
    `${ANALYSIS}/proportions.test.ts`,
    'swapping the arms mirrors it',
  ],
  [
    'a 5 % test of means rejects 5 % of null data, unequal sizes',
    `${ANALYSIS}/null-rejections.test.ts`,
    'a 5 % test of means rejects 5 %% of null data',
    4000,
  ],
  [
    'a 5 % test of rates rejects 5 % of null data, unequal sizes',
    `${ANALYSIS}/null-rejections.test.ts`,
    'a 5 % test of rates rejects 5 %% of null data',
    4000,
  ],
  [
    'the ratio check alarms in at most alpha of right logs, however often one looks',
    `${ANALYSIS}/sample-ratio.test.ts`,
    'ever alarms in at most alpha of right logs',
    1000,
  ],
  [
    'any small statistics give honest JSON, never NaN',
    `${ANALYSIS}/build-report.test.ts`,
    'any small statistics give honest JSON',
  ],
];

/** Runs of a property: those its block names, or those that the file's RUNS or settings name, or fast-check's 100. */
function runsOf(source, title) {
  const from = source.indexOf(title);
  const next = source.slice(from + 1).search(/\n\s*test[.(]/);
  const block = source.slice(from, next < 0 ? undefined : from + 1 + next);
  const own = /numRuns: ([\d_]+)/.exec(block)?.[1];
  const shared = /\b(RUNS|settings)\b/.test(block) ? /numRuns: ([\d_]+)/.exec(source)?.[1] : undefined;
  return Number((own ?? shared ?? '100').replaceAll('_', ''));
}

/** @returns the laws whose test is not there */
export function missingLaws() {
  return LAWS.filter(
    ([, file, title]) => !readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8').includes(title),
  );
}

export function lawsTable() {
  const rows = LAWS.map(([law, file, title, runs]) => {
    const source = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
    if (!source.includes(title)) throw new Error(`${file} has no test "${title}"`);
    return `| ${law} | \`${file.replace('packages/', '')}\` | ${(runs ?? runsOf(source, title)).toLocaleString('en')} |`;
  });
  return ['| law | test | runs |', '| --- | --- | --- |', ...rows].join('\n');
}
