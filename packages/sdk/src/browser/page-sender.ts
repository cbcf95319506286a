import { postEvents } from '../events-request.js';
import type { Connection } from '../http-request.js';
import type { OutgoingEvent, SendResult } from '../transport.js';

/** Browsers let 64 KiB of request bodies outlive their page, all that are under way together. */
const OUTLIVING_BYTES = 65_536;

/** Sends events so that they outlive the page, as far as browsers allow. */
export interface PageSender {
  send(events: readonly OutgoingEvent[], signal?: AbortSignal): Promise<SendResult>;
  /** Sends those of the events that may still outlive the page, without waiting for an answer. */
  leave(events: readonly OutgoingEvent[]): void;
  /** Events of the batch under way. */
  readonly underWay: number;
}

export function pageSender(connection: Connection): PageSender {
  const encoder = new TextEncoder();
  let bytes = 0;
  let underWay = 0;
  const post = async (body: string, signal?: AbortSignal): Promise<SendResult> => {
    const size = encoder.encode(body).length;
    if (bytes + size > OUTLIVING_BYTES) return postEvents(connection, body, signal);
    bytes += size;
    try {
      return await postEvents(connection, body, signal, true);
    } finally {
      bytes -= size;
    }
  };
  return {
    async send(events, signal) {
      underWay = events.length;
      try {
        return await post(JSON.stringify(events), signal);
      } finally {
        underWay = 0;
      }
    },
    leave(events) {
      const texts: string[] = [];
      let size = bytes + 2;
      for (const event of events) {
        const text = JSON.stringify(event);
        size += encoder.encode(text).length + 1;
        if (size > OUTLIVING_BYTES) break;
        texts.push(text);
      }
      // A failure loses nothing: the events stay queued, and ids tell copies apart.
      if (texts.length > 0) post(`[${texts.join(',')}]`).catch(() => undefined);
    },
    get underWay() {
      return underWay;
    },
  };
}
