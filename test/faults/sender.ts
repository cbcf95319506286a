import type { Random } from '@armature/analysis';
import type { LogEvent } from '@armature/sdk/protocol';
import type { Engine } from '@armature/server';
import { expect } from 'vitest';
import { decisionOf, rewardOf } from '../../packages/server/test/workspace.js';

/** Two experiments, so that trials are decisions, requests and units, and rewards are combined and awaited. */
export const FILES = {
  'a.yaml': `experiment: reader
arms: [large, small]
assign: request
policy: thompson
floor: 10%
update: 100ms
reward: { metric: correct, window: 1s }
metrics:
  spend: { type: real, window: 1s, missing: ignored, combine: sum }
---
experiment: button
arms: [blue, green]
reward: { metric: purchase, window: 1s }
`,
};

/** A client that keeps what was not acknowledged and sends it again, whole, to the next life of the server. */
export interface Sender {
  /** Makes decisions and rewards under what the engine serves; some stand in the queue twice. */
  make(engine: Engine, now: number): void;
  /** Sends everything that waits. */
  send(engine: Engine): Promise<void>;
  /** Lets the engine decide. */
  decide(engine: Engine): Promise<void>;
  /** Ids that were acknowledged, by the log or by an answered decision. */
  readonly accepted: ReadonlySet<string>;
  readonly waiting: number;
}

export function createSender(random: Random): Sender {
  let queue: LogEvent[] = [];
  const accepted = new Set<string>();
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;

  /** A UUIDv7 from the seed: ids decide partitions, so that a seed repeats a run. */
  const idAt = (time: number): string => {
    const hex = (digits: number) =>
      Math.floor(random() * 16 ** digits)
        .toString(16)
        .padStart(digits, '0');
    const born = time.toString(16).padStart(12, '0');
    return `${born.slice(0, 8)}-${born.slice(8)}-7${hex(3)}-8${hex(3)}-${hex(12)}`;
  };
  const trial = (engine: Engine, now: number): LogEvent[] => {
    const experiment = pick(['reader', 'button']);
    const arms = engine.snapshot.experiments[experiment]?.arms ?? [];
    const unit = { unit: `u-${Math.floor(random() * 60)}` };
    const request = random() < 0.3 ? { request: `r-${Math.floor(now / 1000)}-${Math.floor(random() * 10)}` } : {};
    const key = experiment === 'button' ? unit : request;
    const decision = { ...decisionOf(engine.snapshot, experiment, pick(arms), now, key), id: idAt(now) } as LogEvent;
    const reward = (metrics: { readonly [metric: string]: number }, named: object): LogEvent => {
      const event = rewardOf(experiment, decision.id, metrics, now);
      return { ...event, id: idAt(now), data: { experiment, ...named, ...key, metrics } } as LogEvent;
    };
    const named = { decision: decision.id };
    if (experiment === 'button') {
      return random() < 0.5 ? [decision, reward({ purchase: 1 }, random() < 0.3 ? {} : named)] : [decision];
    }
    const rewards = random() < 0.5 ? [reward({ correct: 1 }, named)] : [];
    if (random() < 0.5) rewards.push(reward({ spend: random() * 100 }, named), reward({ spend: random() }, named));
    return random() < 0.1 ? [...rewards, decision] : [decision, ...rewards];
  };

  return {
    make(engine, now) {
      for (let n = 0; n < 4; n += 1) {
        const made = trial(engine, now);
        queue.push(...made);
        if (random() < 0.2) queue.push(...made);
      }
    },
    async send(engine) {
      const batch = queue;
      try {
        const { errors } = await engine.ingest(batch);
        expect(errors.filter((error) => !error.retryable)).toEqual([]);
        const again = new Set(errors.map((error) => error.index));
        queue = batch.filter((_, index) => again.has(index));
        for (const [index, event] of batch.entries()) if (!again.has(index)) accepted.add(event.id);
      } catch (cause) {
        expect(cause).toMatchObject({ retryable: true });
      }
    },
    async decide(engine) {
      try {
        const { decisions } = await engine.decide({ experiments: ['button'], unit: `d-${Math.floor(random() * 60)}` });
        for (const { id, randomised } of decisions) if (randomised) accepted.add(id);
      } catch (cause) {
        expect(cause).toMatchObject({ code: 'WRITE_UNCERTAIN' });
      }
    },
    accepted,
    get waiting() {
      return queue.length;
    },
  };
}
