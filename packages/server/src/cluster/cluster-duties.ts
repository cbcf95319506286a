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
export function clusterDuties({
  owners,
  appender,
  publisher,
  served,
  clock,
  logger,
  registry,
}: ClusterDutyParts): ClusterDuties {
  let stopped = false;
  const guarded = (name: string, run: () => Promise<unknown>) => async (): Promise<void> => {
    if (!stopped) await run().catch((cause: unknown) => logger.warn(`${name} failed`, { cause: String(cause) }));
  };
  const publish = async (): Promise<boolean> => {
    const made = await publisher.publish().catch(unlessMoved);
    served.refresh();
    return made;
  };
  const tick = async (): Promise<void> => {
    const ready = owners.owned().filter(({ held }) => held !== undefined);
    await Promise.all(ready.map(({ index }) => appender.tick(index)));
  };
  const fixed = [
    clock.every(COMMIT_MS, guarded('commit', owners.commit)),
    clock.every(VERIFY_MS, guarded('verifying', owners.verify)),
    clock.every(CHECKPOINT_MS, guarded('checkpoint', owners.checkpoint)),
  ];
  let changing: (() => void)[] = [];
  const clear = (): void => {
    for (const stop of changing) stop();
    changing = [];
  };
  const restart = (): void => {
    clear();
    if (stopped) return;
    changing = [
      clock.every(tickIntervalMs(registry), guarded('tick', tick)),
      clock.every(pollMs(registry), guarded('publishing', publish)),
    ];
  };
  restart();
  return {
    publish,
    restart,
    async checkpoint() {
      await owners.commit();
      await owners.checkpoint();
    },
    stop() {
      stopped = true;
      clear();
      for (const end of fixed) end();
    },
  };
}
