import { type Registry, tickIntervalMs } from '@armature/analysis/fold';
import { pollMs } from '../aggregation/schedule.js';
import type { ServedSnapshot } from '../aggregation/served-snapshot.js';
import type { Clock, Logger } from '../ports.js';
import type { Appender } from './appender.js';
import type { Owners } from './owners.js';
import type { PublishDuty } from './publish-duty.js';

/** What was folded is committed this often: a reward is in the weights of all servers within a second. */
const COMMIT_MS = 100;
const VERIFY_MS = 1000;
const CHECKPOINT_MS = 60_000;

/** Another server was faster: what it wrote is read like everything else. */
export function unlessMoved(cause: unknown): boolean {
  if ((cause as { readonly code?: string }).code === 'CONFIG_MOVED') return false;
  throw cause;
}

/** What one of several servers does besides answering. */
export interface ClusterDuties {
  publish(): Promise<boolean>;
  checkpoint(): Promise<void>;
  /** Looks at once whether the shared state is still what was built on: Redis may have come back as another one. */
  verify(): void;
  /** Adapts ticks and publishing to the definitions in force. */
  restart(): void;
  stop(): void;
}

export interface ClusterDutyParts {
  readonly owners: Owners;
  readonly appender: Appender;
  readonly publisher: PublishDuty;
  readonly served: ServedSnapshot;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
}

/** Starts the clockwork. */
export function clusterDuties(parts: ClusterDutyParts): ClusterDuties {
  const { owners, publisher, served, clock, logger, registry } = parts;
  let stopped = false;
  const guarded = async (name: string, run: () => Promise<unknown>): Promise<void> => {
    if (!stopped) await run().catch((cause: unknown) => logger.warn(`${name} failed`, { cause: String(cause) }));
  };
  const every = (ms: number, name: string, run: () => Promise<unknown>): (() => void) =>
    clock.every(ms, () => guarded(name, run));
  const publish = async (): Promise<boolean> => {
    const made = await publisher.publish().catch(unlessMoved);
    served.refresh();
    return made;
  };
  const fixed = [
    every(COMMIT_MS, 'commit', async () => owners.beginCommits()),
    every(VERIFY_MS, 'verifying', () => owners.verify()),
    every(CHECKPOINT_MS, 'checkpoint', () => owners.checkpoint()),
  ];
  let changing: readonly (() => void)[] = [];
  let paces = '';
  const restart = (): void => {
    const [tickMs, publishMs] = [tickIntervalMs(registry), pollMs(registry)];
    if (stopped || paces === `${tickMs} ${publishMs}`) return;
    paces = `${tickMs} ${publishMs}`;
    for (const stop of changing) stop();
    changing = [every(tickMs, 'tick', () => tickOwned(parts)), every(publishMs, 'publishing', publish)];
  };
  restart();
  return {
    publish,
    restart,
    verify: () => void guarded('verifying', () => owners.verify()),
    async checkpoint() {
      await owners.commit();
      await owners.checkpoint();
    },
    stop() {
      stopped = true;
      for (const end of [...changing, ...fixed]) end();
    },
  };
}

async function tickOwned({ owners, appender }: ClusterDutyParts): Promise<void> {
  const ready = owners.owned().filter(({ held }) => held !== undefined);
  await Promise.all(ready.map(({ index }) => appender.tick(index)));
}
