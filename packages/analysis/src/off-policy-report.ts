import { type ImportanceOptions, type LoggedRow, type PolicyValue, policyValue } from './importance.js';

/** A policy to be valued on data it did not collect. */
export interface CandidatePolicy<Row extends LoggedRow = LoggedRow> {
  readonly name: string;
  /** Probability with which it would have chosen the row's arm there, in [0, 1]. */
  readonly target: (row: Row) => number;
}

/** What an imported log says, and what other policies would have been worth. Plain JSON, nulls with reasons. */
export interface OffPolicyReport {
  readonly schema: 1;
  readonly kind: 'off-policy';
  readonly source: string;
  readonly generatedAt: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly rows: number;
  readonly arms: readonly {
    readonly arm: string;
    readonly decisions: number;
    readonly share: number;
    /** Sum of the reward as logged. */
    readonly total: number;
    /** Mean reward as logged: biased where the propensities moved with the rewards. */
    readonly naiveMean: number;
    /** Value of always choosing this arm. */
    readonly value: PolicyValue;
  }[];
  readonly policies: readonly { readonly policy: string; readonly value: PolicyValue }[];
  readonly notes: readonly string[];
}

export interface OffPolicyInput<Row extends LoggedRow> {
  /** Names the log. */
  readonly source: string;
  readonly rows: readonly Row[];
  readonly policies: readonly CandidatePolicy<Row>[];
  /** ms since the epoch. */
  readonly now: number;
  readonly options?: ImportanceOptions;
}

/**
 * The uniform policy over the arms that a log names.
 *
 * @example
 * uniformPolicy([{ time: 0, arm: 'a', propensity: 1, reward: 0 }, { time: 0, arm: 'b', propensity: 1, reward: 0 }]).target() // => 0.5
 */
export function uniformPolicy(rows: Iterable<LoggedRow>): CandidatePolicy & { readonly target: () => number } {
  const arms = new Set<string>();
  for (const { arm } of rows) arms.add(arm);
  const share = arms.size === 0 ? 0 : 1 / arms.size;
  return { name: `uniform over ${arms.size} arms`, target: () => share };
}

/**
 * Values policies on an imported log that knows the propensity of each chosen arm and no more.
 *
 * @param input the log, the policies and the time
 * @returns for each arm and policy: IPW and SNIPW with intervals, effective sample size, weights; or why not
 * @throws AnalysisError ROW_WISE_REFUSED for logs of `unit` and `sticky` experiments
 */
export function offPolicyReport<Row extends LoggedRow>(input: OffPolicyInput<Row>): OffPolicyReport {
  const { source, rows, policies, now, options = {} } = input;
  const names = [...new Set(rows.map(({ arm }) => arm))].sort((a, b) => (a < b ? -1 : 1));
  const times = rows.reduce(([first, last], { time }) => [Math.min(first, time), Math.max(last, time)] as const, [
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ] as readonly [number, number]);
  const iso = (time: number) => (rows.length === 0 ? null : new Date(time).toISOString());
  return {
    schema: 1,
    kind: 'off-policy',
    source,
    generatedAt: new Date(now).toISOString(),
    from: iso(times[0]),
    to: iso(times[1]),
    rows: rows.length,
    arms: names.map((arm) => armOf(rows, arm, options)),
    policies: policies.map(({ name, target }) => ({
      policy: name,
      value: policyValue(rows, target, options),
    })),
    notes: [
      'IPW is unbiased, SNIPW steadier; both trust the logged propensities. The mean weight should be 1 within a few standard errors.',
      'A value is per row, over the times and, where a row is one slot of several, the positions as logged. The propensity is taken to be given both, and rows shown together to be independent.',
    ],
  };
}

function armOf(rows: readonly LoggedRow[], arm: string, options: ImportanceOptions): OffPolicyReport['arms'][number] {
  const own = rows.filter((row) => row.arm === arm);
  const total = own.reduce((sum, { reward }) => sum + reward, 0);
  return {
    arm,
    decisions: own.length,
    share: own.length / rows.length,
    total,
    naiveMean: total / own.length,
    value: policyValue(rows, (row) => (row.arm === arm ? 1 : 0), options),
  };
}
