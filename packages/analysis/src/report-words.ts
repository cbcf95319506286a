import type { Experiment } from '@armature/sdk/protocol';
import { percentLevel } from './estimate.js';
import type { Guarantee } from './report.js';

/**
 * The policy in words.
 *
 * @example
 * describePolicy({ policy: { kind: 'thompson' }, floor: 0.02, adjust: 'none' }) // => 'thompson, floor 2%'
 */
export function describePolicy({ policy, floor, adjust }: Pick<Experiment, 'policy' | 'floor' | 'adjust'>): string {
  const kind = policy.kind === 'ucb' ? policy.variant : policy.kind;
  const parts = policy.kind === 'epsilon-greedy' ? [`${kind} ${shareText(policy.epsilon)}`] : [kind];
  if (floor > 0) parts.push(`floor ${shareText(floor)}`);
  if (adjust === 'period') parts.push('adjusted by period');
  return parts.join(', ');
}

/**
 * The randomisation unit in words: what one trial is.
 *
 * @example
 * describeUnit({ assign: 'unit', reassignMs: 86_400_000 }) // => 'one unit in one period of 1d'
 */
export function describeUnit({ assign, reassignMs }: Pick<Experiment, 'assign' | 'reassignMs'>): string {
  if (assign === 'request') return 'one request';
  if (assign === 'sticky') return 'one unit, its first arm kept';
  return reassignMs === null ? 'one unit, for ever' : `one unit in one period of ${durationText(reassignMs)}`;
}

/**
 * How many trials are open and when the first closes, in UTC; null when none is open.
 *
 * @param open trials whose window has not closed
 * @param firstClosesAt ms since the epoch, null where unknown
 * @param now ms since the epoch: another day is named in full
 * @example
 * openText(128, Date.UTC(2026, 10, 24, 14, 5), Date.UTC(2026, 10, 24, 13, 0)) // => '128 trials open, the first closes 14:05'
 */
export function openText(open: number, firstClosesAt: number | null, now: number): string | null {
  if (open === 0) return null;
  const trials = `${open} ${open === 1 ? 'trial' : 'trials'} open`;
  if (firstClosesAt === null) return trials;
  const iso = new Date(firstClosesAt).toISOString();
  const day = iso.slice(0, 10) === new Date(now).toISOString().slice(0, 10) ? '' : `${iso.slice(0, 10)} `;
  return `${trials}, the first closes ${day}${iso.slice(11, 16)}`;
}

/** What the headline intervals promise, in one sentence. */
export function guaranteeOf(constant: boolean, alpha: number): Guarantee {
  const level = 1 - alpha;
  const estimator = constant
    ? 'difference of means, valid because the weights stood still'
    : 'AIPW with one weight for all arms of a version, valid while the weights move';
  return {
    kind: 'anytime',
    level,
    text: `${percentLevel(level)} anytime-valid intervals (asymptotic confidence sequence) on the ${estimator}: each of them, taken by itself, right at every look together, from 300 draws and 10 events in each compared arm on. The interval beside it is right at one look fixed beforehand.`,
  };
}

function shareText(share: number): string {
  return `${Number((100 * share).toPrecision(3))}%`;
}

function durationText(ms: number): string {
  const units: readonly (readonly [number, string])[] = [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'm'],
    [1000, 's'],
  ];
  const [size, name] = units.find(([length]) => ms % length === 0) ?? [1, 'ms'];
  return `${ms / size}${name}`;
}
