/**
 * A place at which tests end the process, so that what comes before it was done and what comes behind it was not.
 */
export type FailPoint =
  | 'before-commit'
  | 'after-commit'
  | 'before-ack'
  | 'after-produce'
  | 'mid-align'
  | 'before-config-append';

const FAIL_POINTS: readonly FailPoint[] = [
  'before-commit',
  'after-commit',
  'before-ack',
  'after-produce',
  'mid-align',
  'before-config-append',
];

const VARIABLE = 'ARMATURE_FAILPOINT';

/**
 * Ends this process with SIGKILL at the n-th call with the name that the variable ARMATURE_FAILPOINT gives as `name@n`.
 * Without the variable it does nothing.
 */
export const failPoint: (name: FailPoint) => void = killerOf(process.env[VARIABLE]);

function killerOf(text: string | undefined): (name: FailPoint) => void {
  if (text === undefined || text === '') return () => {};
  const [, chosen, digits] = /^([a-z-]+)@([1-9]\d{0,8})$/.exec(text) ?? [];
  if (!FAIL_POINTS.some((name) => name === chosen)) {
    throw new Error(`${VARIABLE}: write one of ${FAIL_POINTS.join(', ')}, and @n for its n-th call, got "${text}"`);
  }
  let left = Number(digits);
  return (name) => {
    if (name !== chosen) return;
    left -= 1;
    if (left === 0) process.kill(process.pid, 'SIGKILL');
  };
}
