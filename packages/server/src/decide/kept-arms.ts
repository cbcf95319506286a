import { layoutOf } from '@armature/analysis/log';
import { fileStickyStore } from '@armature/sdk/node';
import { type StickyAssignment, type StickyStore, stickyAssignment } from '@armature/sdk/sticky';
import type { Logger } from '../ports.js';

/** What is kept of units for `assign: sticky`: in the given store, or in files of the data directory. */
export function keptArms(store: StickyStore | undefined, directory: string, logger: Logger): StickyAssignment {
  const sticky = stickyAssignment(store ?? fileStickyStore(layoutOf(directory).sticky));
  sticky.onError(({ code, message }) => logger.warn('sticky arms', { code, message }));
  return sticky;
}
