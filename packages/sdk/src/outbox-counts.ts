/** What became of every event: produced = sent + queued + dropped.full + .rejected + .expired + .closed, at any time. */
export interface OutboxCounts {
  readonly produced: number;
  readonly sent: number;
  readonly queued: number;
  readonly dropped: {
    /** The outbox was full. */
    readonly full: number;
    /** The server refused the event for good. */
    readonly rejected: number;
    /** It waited longer than six hours: the server no longer knows its id, a copy might count twice. */
    readonly expired: number;
    /** The client was closed before it was acknowledged. It may have arrived. */
    readonly closed: number;
  };
}
