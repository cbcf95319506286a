import { FUTURE_TOLERANCE_MS } from '@armature/analysis/fold';
import { type RewardEvent, type TokenKey, type TokenRewardEvent, verifyToken } from '@armature/sdk/protocol';
import { type Fault, fault } from './fault.js';
import type { KnownExperiments } from './known-experiments.js';

export type Redeemed =
  | { readonly ok: true; readonly event: RewardEvent }
  | { readonly ok: false; readonly fault: Fault };

const refuse = (code: Fault['code'], detail: string): Redeemed => ({
  ok: false,
  fault: fault(code, '/data/token', detail),
});

/**
 * Verifies a reward's token and puts what it claims in its place, so that no token enters the log. A token has expired
 * for a reward whose time lies behind the longest window (and allowed lateness) of the metrics it names.
 *
 * @param keys the keys of this server, or 'open' where it has none
 * @param now ms since the epoch
 */
export function redeemToken(
  event: TokenRewardEvent,
  keys: readonly TokenKey[] | 'open',
  known: KnownExperiments,
  now: number,
): Redeemed {
  const { token, ...rest } = event.data;
  const verified = verifyToken(token, keys);
  if (!verified.ok) return refuse(verified.code, verified.detail);
  const { experiment, decision, unit, request, issued } = verified.claims;
  if (issued > now + FUTURE_TOLERANCE_MS) return refuse('TOKEN_INVALID', 'the token was issued in the future');
  const metrics = known.get(experiment)?.metrics;
  let longest: number | undefined;
  for (const name of Object.keys(event.data.metrics)) {
    const metric = metrics?.get(name);
    if (metric !== undefined) longest = Math.max(longest ?? 0, metric.windowMs + metric.latenessMs);
  }
  const age = Date.parse(event.time) - issued;
  if (longest !== undefined && age > longest) {
    const got = `issued ${new Date(issued).toISOString()}, ${age} ms before the reward, window ${longest} ms`;
    return refuse('TOKEN_EXPIRED', got);
  }
  const data = {
    ...rest,
    experiment,
    decision,
    ...(unit === undefined ? {} : { unit }),
    ...(request === undefined ? {} : { request }),
  };
  return { ok: true, event: { ...event, data } };
}
