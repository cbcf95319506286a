/** What the mathematics refuses. Decisions never meet these: they are found when something is prepared or published. */
export const POLICY_ERRORS = {
  ARM_SEEDS_EQUAL: {
    what: 'two arms have the same hash, so one of them would win every draw between the two',
    do: 'rename one of the arms',
    retryable: false,
  },
  WEIGHTS_INVALID: {
    what: 'the weights are not probabilities or shares',
    do: 'pass one finite number >= 0 for each arm, one of them > 0',
    retryable: false,
  },
  BOUNDS_INVALID: {
    what: 'a floor or a cap is out of its range',
    do: 'pass one cap in [0, 1] for each arm, and a floor in [0, 1]',
    retryable: false,
  },
  CONTROL_INVALID: { what: 'the control is not one of the arms', do: 'pass the index of an arm', retryable: false },
  POLICY_INVALID: { what: 'the policy cannot be computed', do: 'correct its parameters', retryable: false },
  RANGE_REQUIRED: {
    what: 'kl-ucb needs to know how far rewards can lie apart',
    do: 'declare the range of the metric, or use ucb1 or thompson, which learn the spread',
    retryable: false,
  },
  POSTERIOR_INVALID: {
    what: 'a posterior is not a distribution',
    do: 'pass finite parameters with shapes, scales and degrees of freedom > 0, and rewards within their range',
  },
  QUADRATURE_FAILED: {
    what: 'the probabilities of being best do not add up to 1',
    do: 'keep the last weights, and report the posteriors that led here',
  },
} as const;

export type PolicyErrorCode = keyof typeof POLICY_ERRORS;

const BRAND: unique symbol = Symbol.for('armature.error') as never;

/**
 * An error of the mathematics: branch on `code`, not on the text `what, got ..., do`. It is one of the errors that
 * `isArmatureError` of the package's root recognises.
 *
 * @example
 * new PolicyError('CONTROL_INVALID', '3').message // => 'the control is not one of the arms, got 3, pass the index of an arm'
 */
export class PolicyError extends Error {
  readonly code: PolicyErrorCode;
  readonly got: string;
  readonly todo: string;
  readonly retryable = false;

  constructor(code: PolicyErrorCode, got: string) {
    const row = POLICY_ERRORS[code];
    super(`${row.what}, got ${got}, ${row.do}`);
    this.name = 'PolicyError';
    this.code = code;
    this.got = got;
    this.todo = row.do;
    Object.defineProperty(this, BRAND, { value: true });
  }
}
