import { createClient } from '@armature/sdk';
import { snapshotOf } from './snapshot-of.mjs';
import { ARMS, COUNTRY, tally, unitAt } from './units.mjs';

/**
 * The client as a service has it, with an outbox whose events arrive at a transport that counts them. An operation is a
 * decision with its vector, and its event: the outbox is flushed, and events are made, inside the measurement.
 */
const PER_FLUSH = 2000;

function sink() {
  const seen = { events: 0, wrong: 0 };
  const transport = {
    async send(events) {
      seen.events += events.length;
      const { data } = events[0];
      if (!(data.propensity > 0) || !ARMS.includes(data.arm) || data.definition === '') seen.wrong += 1;
      return { accepted: events.length, rejected: 0, errors: [] };
    },
    fetchSnapshot: async () => 'unchanged',
  };
  return { seen, transport };
}

export async function prepare({ condition = false, online = true, ...design }) {
  const { seen, transport } = sink();
  const snapshot = snapshotOf({ condition, ...design });
  const client = createClient({
    bootstrap: snapshot,
    refresh: 'manual',
    ...(online ? { transport } : {}),
  });
  const counted = tally();
  let next = 0;
  const names = Object.keys(snapshot.experiments);
  // All of them in turn, as the pages of a product have it.
  const nameAt = names.length === 1 ? () => 'button' : (n) => names[n % names.length];
  const decide = condition
    ? (n) => client.decide(nameAt(n), { unit: unitAt(n), context: { country: COUNTRY } })
    : (n) => client.decide(nameAt(n), { unit: unitAt(n) });
  return {
    async run(n) {
      for (let left = n; left > 0; ) {
        const turn = Math.min(left, PER_FLUSH);
        for (let i = 0; i < turn; i++) {
          const n = next++;
          const { arm, randomised, propensity, propensities } = decide(n);
          if (counted.wants(n)) counted.add(arm, randomised && propensity > 0 && propensities[arm] === propensity);
        }
        left -= turn;
        if (online) await client.flush();
      }
    },
    async verify(total) {
      counted.check(total, design.assign === 'request' ? total : undefined);
      const { sent, dropped } = client.outbox;
      if (online && (seen.events !== total || sent !== total || seen.wrong > 0)) {
        throw new Error(`${total} decisions, ${seen.events} events: ${JSON.stringify(dropped)}`);
      }
      return {};
    },
  };
}
