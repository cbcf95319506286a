import type { ConfigLogEvent } from '@armature/sdk/protocol';
import type { SharedConfigLog } from './ports.js';

/** How often a plan is made again after another server was faster: servers that start together settle in a few rounds. */
const ROUNDS = 20;

/**
 * Brings planned records into the config log; plans again where another server wrote first.
 *
 * @param plan what is missing from the log as it is read so far; empty where nothing is
 * @throws CONFIG_MOVED when others write all the time
 */
export async function applyDefinitions(config: SharedConfigLog, plan: () => readonly ConfigLogEvent[]): Promise<void> {
  for (let round = 1; ; round += 1) {
    await config.catchUp();
    const events = plan();
    if (events.length === 0) return;
    try {
      await config.append(events);
      return;
    } catch (cause) {
      if ((cause as { readonly code?: string }).code !== 'CONFIG_MOVED' || round === ROUNDS) throw cause;
    }
  }
}
