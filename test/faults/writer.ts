import { randomUUID } from 'node:crypto';
import type { Random } from '@armature/analysis';
import { EVENT_TYPES, type LogEvent, type Snapshot } from '@armature/sdk/protocol';

/** A client that knows exactly what was promised to it: it sends each event until it is acknowledged, some of them again. */
export interface Writer {
  /** Makes events for a moment and sends what is due; resolves when the server has answered, or failed. */
  step(): Promise<void>;
  /** Sends until everything is acknowledged. */
  finish(): Promise<void>;
  /** Lets go of what was not acknowledged. */
  abandon(): void;
  /** Ids that the server said are durable. */
  readonly accepted: ReadonlySet<string>;
  readonly made: number;
  /** Events that were sent again although they had been acknowledged. */
  readonly repeated: number;
  /** What the last request that failed failed with. */
  readonly trouble: string;
}

const iso = () => new Date().toISOString();
const envelope = (id: string) => ({ specversion: '1.0' as const, source: '/test/writer', id, time: iso() });

/** A UUIDv7 of this moment. */
function uuidV7(): string {
  const hex = Date.now().toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7${randomUUID().slice(15)}`;
}

function decisionAndRewards(snapshot: Snapshot, random: Random): LogEvent[] {
  const byUnit = random() < 0.3;
  const experiment = byUnit ? 'pages' : 'clicks';
  const served = snapshot.experiments[experiment];
  const weights = served?.rules.find(({ id }) => id === 'policy')?.weights ?? [];
  let k = 0;
  for (let left = random(); k < weights.length - 1 && left > (weights[k] ?? 0); k += 1) left -= weights[k] ?? 0;
  const unit = byUnit ? { unit: `unit-${Math.floor(random() * 400)}` } : {};
  const id = uuidV7();
  const decision = {
    ...envelope(id),
    type: EVENT_TYPES.decision,
    data: {
      experiment,
      definition: served?.definition ?? '',
      arm: served?.arms[k] ?? '',
      propensity: weights[k] ?? 0,
      snapshot: served?.version ?? '',
      reason: 'split' as const,
      ...unit,
    },
  };
  const reward = (metrics: { [metric: string]: number }): LogEvent => ({
    ...envelope(uuidV7()),
    type: EVENT_TYPES.reward,
    data: { experiment, decision: id, ...unit, metrics },
  });
  if (byUnit) return random() < 0.5 ? [decision, reward({ read: 1 })] : [decision];
  const rewards = random() < 0.4 ? [reward({ click: 1 })] : [];
  if (random() < 0.3) rewards.push(reward({ spend: Math.round(random() * 1e6) / 997 }), reward({ spend: random() }));
  // now and then a reward overtakes its decision
  return random() < 0.1 ? [...rewards, decision] : [decision, ...rewards];
}

/**
 * @param url where the server is, or what chooses one of several for each request: what is sent again may go to another
 * @param perStep decisions that a step makes
 * @param duplicates share of the decisions with which something is sent again that had been acknowledged
 */
export function createWriter(
  url: string | (() => string),
  random: Random,
  perStep: number,
  duplicates: number,
): Writer {
  const address = typeof url === 'string' ? () => url : url;
  const accepted = new Set<string>();
  const done: LogEvent[] = [];
  let queue: LogEvent[] = [];
  let snapshot: Snapshot | undefined;
  let made = 0;
  let repeated = 0;
  let trouble = '';

  const send = async (): Promise<void> => {
    const batch = queue.slice(0, 200);
    const response = await fetch(`${address()}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/cloudevents-batch+json' },
      body: JSON.stringify(batch),
      signal: AbortSignal.timeout(5000),
    });
    if (response.status !== 200) throw new Error(`answered ${response.status}: ${await response.text()}`);
    const { errors } = (await response.json()) as { errors: { index: number; code: string; retryable: boolean }[] };
    const hopeless = errors.find((error) => !error.retryable);
    if (hopeless !== undefined) throw new TypeError(`refused: ${JSON.stringify(hopeless)}`);
    const again = new Set(errors.map((error) => error.index));
    queue = [...batch.filter((_, index) => again.has(index)), ...queue.slice(batch.length)];
    for (const [index, event] of batch.entries()) {
      if (again.has(index)) continue;
      accepted.add(event.id);
      done.push(event);
    }
  };
  const attempt = async (): Promise<void> => {
    try {
      const answer = await fetch(`${address()}/v1/snapshot`, { signal: AbortSignal.timeout(5000) });
      snapshot = (await answer.json()) as Snapshot;
      if (queue.length > 0) await send();
    } catch (cause) {
      trouble = String(cause);
      if (cause instanceof TypeError && cause.message.startsWith('refused')) throw cause;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  return {
    async step() {
      for (let n = 0; snapshot !== undefined && n < perStep; n += 1) {
        const events = decisionAndRewards(snapshot, random);
        made += events.length;
        queue.push(...events);
        const earlier = done[Math.floor(random() * done.length)];
        if (random() < duplicates && earlier !== undefined) {
          queue.push(earlier);
          repeated += 1;
        }
      }
      await attempt();
    },
    async finish() {
      while (queue.length > 0) await attempt();
    },
    abandon() {
      queue = [];
    },
    accepted,
    get made() {
      return made;
    },
    get repeated() {
      return repeated;
    },
    get trouble() {
      return trouble;
    },
  };
}
