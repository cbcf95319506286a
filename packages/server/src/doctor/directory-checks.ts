import { statfs } from 'node:fs/promises';
import { isSound, layoutOf, readFloor, readMeta, type SegmentCheck } from '@armature/analysis/log';
import { disk } from '../adapters/disk.js';
import { lockHolder } from '../adapters/lock-file.js';
import { checksOf } from '../adapters/repair-log.js';
import type { FileSystem } from '../ports.js';
import { bytesText, type Check, failure, fault, number, ok, plural, timeText, warning } from './check.js';

const TIGHT_BYTES = 2 ** 30;
const FULL_BYTES = 64 * 2 ** 20;
/** How far log time may be ahead: clocks of machines differ. */
const CLOCK_MS = 2000;

/** A path as a shell takes it. */
const quoted = (path: string): string => (/^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`);

async function spaceChecks(directory: string): Promise<readonly Check[]> {
  const { bavail, bsize } = await statfs(directory);
  const free = bavail * bsize;
  const text = `${bytesText(free)} free on the disk of ${directory}`;
  const fix = `# free some space: armature serve --retain-age 30d deletes old events`;
  if (free < FULL_BYTES) return [fault('directory', text, fix, 'DISK_FULL')];
  return [free < TIGHT_BYTES ? warning('directory', text, fix) : ok('directory', text)];
}

async function lockCheck(fs: FileSystem, directory: string): Promise<Check> {
  const holder = await lockHolder(fs, layoutOf(directory).lock);
  if (holder === undefined) return ok('directory', `no server has ${directory}`);
  const { pid, host, is } = holder;
  if (is === 'alive') return ok('directory', `process ${pid} has ${directory}`);
  if (is === 'dead') return ok('directory', `process ${pid} died with ${directory}; the next start takes it over`);
  const where = host === undefined ? '' : ` on ${host}`;
  const text = `process ${pid}${where} has ${directory}, or had it: it cannot be seen from here`;
  return warning('directory', text, '# start no second server on a directory that another container has');
}

const iso = (time: number): string => new Date(time).toISOString();

/** What a person reads of a check of every byte, with the log's time held against the clock. */
function logChecks(directory: string, checks: readonly SegmentCheck[], now: number): readonly Check[] {
  const broken = checks.filter((segment) => !isSound(segment));
  const [first] = broken;
  const records = checks.reduce((sum, { base, end }) => sum + end - base, 0);
  const bytes = checks.reduce((sum, segment) => sum + segment.bytes, 0);
  const size = `${plural(records, 'record')} in ${plural(checks.length, 'segment')}, ${bytesText(bytes)}`;
  const path = quoted(directory);
  const whole =
    first === undefined
      ? ok('log', `every byte of the log is as it was written: ${size}`)
      : fault(
          'log',
          `${number(broken.length)} of ${plural(checks.length, 'segment')} not whole`,
          `armature log verify ${path}`,
          first.hole === undefined ? 'LOG_DAMAGED' : 'DATA_HOLE',
        );
  const last = Math.max(0, ...checks.map(({ at }) => at));
  return last === 0 ? [whole] : [whole, timeCheck(last, now)];
}

function timeCheck(last: number, now: number): Check {
  if (last - now <= CLOCK_MS) return ok('log', `last record ${timeText(Math.max(0, now - last))} ago`);
  const text = `log time ${iso(last)} is ${timeText(last - now)} ahead of this clock, ${iso(now)}`;
  return fault('log', text, 'sudo timedatectl set-ntp true', 'LOG_AHEAD');
}

/**
 * What is good and bad about a data directory. Every byte of its log is read; nothing is written.
 *
 * @param onProgress bytes read so far, and in all
 */
export async function directoryChecks(
  directory: string,
  now: number,
  onProgress: (done: number, total: number) => void,
): Promise<readonly Check[]> {
  const fs = disk();
  try {
    const meta = await readMeta(directory);
    if (meta === undefined) {
      const serve = `armature serve --data ${quoted(directory)}`;
      return [warning('directory', `there is no log in ${directory} yet`, serve)];
    }
    const found = ok('directory', `log ${meta.id} of ${plural(meta.partitions, 'partition')} in ${directory}`);
    const kept = async (partition: number): Promise<number> => (await readFloor(directory, partition))?.offset ?? 0;
    const state = [found, await lockCheck(fs, directory), ...(await spaceChecks(directory))];
    const checks = await checksOf(directory, meta, kept, ({ done, total }) => onProgress(done, total));
    return [...state, ...logChecks(directory, checks, now)];
  } catch (cause) {
    return [failure('directory', cause, `ls -la ${quoted(directory)}`)];
  }
}
