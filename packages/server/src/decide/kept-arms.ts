import { layoutOf } from '@armature/analysis/log';
import { fileStickyStore } from '@armature/sdk/node';
import { type StickyAssignment, type StickyStore, stickyAssignment } from '@armature/sdk/sticky';
import type { Logger } from '../ports.js';

const QUIET_MS = 10_000;

/** What is kept of units for `assign: sticky`: in the given store, or in files of the data directory. */
export function keptArms(store: StickyStore | undefined, directory: string, logger: Logger): StickyAssignment {
  const sticky = stickyAssignment(store ?? fileStickyStore(layoutOf(directory).sticky));
  let quietUntil = 0;
  sticky.onError(({ code, message }) => {
    // A store that is away fails once for each request: one line in ten seconds is enough.
    if (performance.now() < quietUntil) return;
    quietUntil = performance.now() + QUIET_MS;
    logger.warn('sticky arms', { code, message });
  });
  return sticky;
}
