/** The time as the server sees it, as far as this process can tell. */
export interface Clock {
  /** ms since the epoch by the local clock: for intervals, and for `observe`. */
  local(): number;
  /** The server's time, whole ms. @param local when, by the local clock */
  now(local?: number): number;
  /**
   * Learns from an answer of the server.
   *
   * @param serverTime the server's clock in ms, cut to whole seconds as HTTP's Date is; anything else is ignored
   * @param sentAt local time when the request left
   * @param receivedAt local time when the answer came
   */
  observe(serverTime: number, sentAt: number, receivedAt: number): void;
}

/**
 * A clock that is corrected only as far as the evidence demands: an answer that carries time D, asked for at s and
 * received at r, proves that the offset lies in [D - r, D + 1000 - s]; the offset moves to the nearest point of that
 * interval. A clock that is right is never touched.
 */
export function correctedClock(local: () => number): Clock {
  let offset = 0;
  return {
    local,
    now: (at = local()) => Math.floor(at + offset),
    observe(serverTime, sentAt, receivedAt) {
      if (!(serverTime > 0 && Number.isFinite(serverTime))) return;
      offset = Math.min(Math.max(offset, serverTime - receivedAt), serverTime + 1000 - sentAt);
    },
  };
}
