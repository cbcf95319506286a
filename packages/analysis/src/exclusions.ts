import type { Health, SnapshotData, StatisticsCell } from '@armature/sdk/protocol';
import { compareVersions, epochOf } from './fold/statistics.js';
import type { Exclusion } from './report.js';

/**
 * What stands in the log and in no number of the report, by name; nothing that counts zero is listed.
 *
 * @param health the fold's counters
 * @param statistics the experiment's cells, of every learning epoch
 * @param versions the snapshot records of the newest learning epoch by version
 */
export function exclusionsOf(
  health: Health,
  statistics: Iterable<StatisticsCell>,
  versions: ReadonlyMap<string, SnapshotData>,
): readonly Exclusion[] {
  const { earlier, unknown } = leftOut(statistics, versions);
  const reasons = Object.entries(health.notRandomised).map(([reason, count]) =>
    exclusion(`not-randomised-${reason}`, count, `decisions were not randomised (${reason})`),
  );
  return [
    ...reasons,
    exclusion('repeated', health.repeated, 'later decisions belong to a trial already opened'),
    exclusion('propensity-mismatch', health.propensityMismatch, "decisions logged a propensity not their version's"),
    exclusion('version-unknown', unknown, 'trials name a version that no snapshot record describes'),
    exclusion('earlier-epoch', earlier, 'trials are of an earlier learning epoch, before a reset'),
    exclusion('late', health.late, 'rewards came after their trial had closed'),
    exclusion('unmatched', health.unmatched, 'rewards name a decision that never came'),
    exclusion('uncounted', health.uncounted, 'rewards belong to decisions that do not count'),
    exclusion('invalid', health.invalid, 'rewards are not what their definition allows'),
    exclusion('duplicates', health.duplicates, 'events came more than once'),
    exclusion('too-old', health.tooOld, 'events were too old to tell whether they had come before'),
  ].filter(({ count }) => count > 0);
}

function exclusion(id: string, count: number, what: string): Exclusion {
  return { id, count, text: `${count} ${what}` };
}

function leftOut(statistics: Iterable<StatisticsCell>, versions: ReadonlyMap<string, SnapshotData>) {
  const newest = [...versions.keys()].sort(compareVersions).at(-1);
  let [earlier, unknown] = [0, 0];
  for (const cell of statistics) {
    if (versions.get(cell.version)?.rules[cell.rule] !== undefined) continue;
    const opened = cell.arms.reduce((sum, arm) => sum + arm.opened, 0);
    const sameEpoch = newest === undefined || epochOf(cell.version) === epochOf(newest);
    if (sameEpoch) unknown += opened;
    else earlier += opened;
  }
  return { earlier, unknown };
}
