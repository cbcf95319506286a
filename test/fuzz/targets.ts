import { BROKEN } from './broken.js';
import { event } from './event-target.js';
import { experiment } from './experiment-target.js';
import { head } from './head-target.js';
import { segment } from './segment-target.js';
import { snapshot } from './snapshot-target.js';
import type { Target } from './target.js';
import { token } from './token-target.js';

/** Where bytes come in from outside. */
export const REAL: readonly Target[] = [experiment, event, snapshot, token, segment, head];
/** Also those that are broken on purpose. */
export const TARGETS: readonly Target[] = [...REAL, ...BROKEN];
