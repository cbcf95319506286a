import { experimentFiles } from './experiment-files.js';
import { httpEvents } from './http-events.js';
import { logFiles } from './log-files.js';
import { reports } from './reports.js';
import type { Surface } from './row.js';
import { snapshotFiles } from './snapshot-files.js';

/** In the order of the catalogue. Each row belongs to its own surface's world, so that the union needs no name here. */
export const SURFACES = [
  experimentFiles,
  httpEvents,
  logFiles,
  snapshotFiles,
  reports,
] as readonly unknown[] as readonly Surface[];
