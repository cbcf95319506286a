/** How a client holds and sends its events. */
export interface OutboxOptions {
  /** Most events held; when full the newest are dropped. @default 10000 */
  readonly capacity?: number;
  /** Most events per send. @default 500 */
  readonly batch?: number;
  /** Longest time an event waits for a fuller batch, ms. @default 1000 */
  readonly everyMs?: number;
}
