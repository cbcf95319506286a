import type { Snapshot } from '../src/protocol/snapshot.js';
import type { ItemError, OutgoingEvent, SendResult, Transport } from '../src/transport.js';

/** What the server of a test does with one send: takes all, refuses all, or answers for each item. */
export type Step =
  | { readonly kind: 'accept' }
  | { readonly kind: 'fail'; readonly error: unknown }
  | { readonly kind: 'lost-answer' }
  | { readonly kind: 'items'; readonly refuse: readonly number[]; readonly retry: readonly number[] };

export interface ScriptedTransport extends Transport {
  /** Events the server holds, in the order of arrival, without repeats. */
  readonly held: Map<string, OutgoingEvent>;
  readonly sizes: number[];
  inFlight: number;
  mostInFlight: number;
}

const accept: Step = { kind: 'accept' };

/** A transport that follows a script, then accepts everything. */
export function scriptedTransport(script: readonly Step[], snapshot?: Snapshot): ScriptedTransport {
  const steps = [...script];
  const transport: ScriptedTransport = {
    held: new Map(),
    sizes: [],
    inFlight: 0,
    mostInFlight: 0,
    async send(events): Promise<SendResult> {
      transport.inFlight += 1;
      transport.mostInFlight = Math.max(transport.mostInFlight, transport.inFlight);
      await Promise.resolve();
      transport.inFlight -= 1;
      transport.sizes.push(events.length);
      const step = steps.shift() ?? accept;
      if (step.kind === 'fail') throw step.error;
      const errors: ItemError[] = [];
      events.forEach((event, index) => {
        const retryable = step.kind === 'items' && step.retry.includes(index);
        if (retryable || (step.kind === 'items' && step.refuse.includes(index))) {
          errors.push({ index, id: event.id, code: 'TEST', detail: 'scripted', retryable });
        } else if (!transport.held.has(event.id)) transport.held.set(event.id, event);
      });
      if (step.kind === 'lost-answer') throw new Error('connection reset');
      return { accepted: events.length - errors.length, rejected: errors.length, errors };
    },
    async fetchSnapshot(version) {
      if (snapshot === undefined) throw new Error('no snapshot');
      return version === snapshot.version ? 'unchanged' : snapshot;
    },
  };
  return transport;
}
