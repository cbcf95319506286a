import { type ArmatureError, isArmatureError } from '@armature/sdk';
import type { ConfigEvent, Experiment } from '@armature/sdk/protocol';
import { serverError } from '../errors.js';
import type { Logger } from '../ports.js';

/** Takes up edits of the experiment files; a bad edit leaves the last good set in force. */
export interface Reloader {
  /** Resolves with the fault of the files as they are now, if they have one. Calls run one after another. */
  reload(): Promise<ArmatureError | undefined>;
  readonly fault: ArmatureError | undefined;
  settled(): Promise<void>;
}

export interface ReloaderParts {
  /** Reads the files; throws when they cannot be served. */
  readonly load: () => Promise<readonly Experiment[]>;
  readonly plan: (experiments: readonly Experiment[]) => readonly ConfigEvent[];
  /** Makes the records durable and brings them into force. */
  readonly apply: (events: readonly ConfigEvent[]) => Promise<void>;
  readonly logger: Logger;
}

export function createReloader({ load, plan, apply, logger }: ReloaderParts): Reloader {
  let fault: ArmatureError | undefined;
  let last: Promise<unknown> = Promise.resolve();

  const refuse = (cause: unknown): void => {
    const next = isArmatureError(cause) ? cause : serverError('EXPERIMENTS_MISSING', { got: String(cause), cause });
    if (next.message !== fault?.message) {
      const { code, message: detail } = next;
      logger.error('experiment files refused, the last good ones stay in force', { code, detail });
    }
    fault = next;
  };
  const run = async (): Promise<ArmatureError | undefined> => {
    try {
      const events = plan(await load());
      if (events.length > 0) await apply(events);
      if (fault !== undefined) logger.info('experiment files are good again');
      fault = undefined;
      for (const { data } of events) {
        logger.info(`definition ${data.action}`, { experiment: data.experiment, effect: data.effect });
      }
    } catch (cause) {
      refuse(cause);
    }
    return fault;
  };
  return {
    reload() {
      const next = last.then(run);
      last = next;
      return next;
    },
    get fault() {
      return fault;
    },
    async settled() {
      await last;
    },
  };
}
