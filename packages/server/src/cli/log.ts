import { relative } from 'node:path';
import { requireLog } from '@armature/analysis';
import { isSound, layoutOf, readFloor, type SegmentCheck } from '@armature/analysis/log';
import { disk } from '../adapters/disk.js';
import { takeLock } from '../adapters/lock-file.js';
import { checksOf, type Repair, repairLog, repairsOf } from '../adapters/repair-log.js';
import { cliError } from './cli-errors.js';
import { DATA } from './data-directory.js';
import { pullCommand } from './log-pull.js';
import { progress } from './progress.js';
import type { AddCommand } from './run.js';
import { tableLines } from './table.js';
import type { Terminal } from './terminal.js';

const number = (value: number): string => value.toLocaleString('en');
const plural = (count: number, what: string): string => `${number(count)} ${what}${count === 1 ? '' : 's'}`;

async function check(directory: string, terminal: Terminal): Promise<readonly SegmentCheck[]> {
  const meta = await requireLog(directory);
  const shown = progress(terminal);
  return checksOf(
    directory,
    meta,
    async (p) => (await readFloor(directory, p))?.offset ?? 0,
    ({ done, total }) =>
      shown.tell(`checking, ${Math.floor((100 * done) / Math.max(1, total))}% of ${number(total)} bytes`),
  ).finally(() => shown.end());
}

/** What a check says of a segment, fault by fault. */
function faultsOf({ damage, hole, foreign }: SegmentCheck): readonly string[] {
  return [
    ...(foreign === undefined ? [] : [`of log ${foreign.log}, stream ${foreign.stream}, base ${foreign.base}`]),
    ...(hole === undefined ? [] : [holeText(hole)]),
    ...damage.map(
      ({ byte, bytes, offset, records }) =>
        `${plural(bytes, 'byte')} damaged at byte ${number(byte)}, ${plural(records, 'record')} lost from offset ${number(offset)}`,
    ),
  ];
}

function holeText({ expected, found }: NonNullable<SegmentCheck['hole']>): string {
  if (expected === found) return 'the stream has no segment';
  if (found < expected) return `begins at ${number(found)}, again, not at ${number(expected)}`;
  return `records ${number(expected)} to ${number(found - 1)} missing`;
}

const tornText = ({ torn }: SegmentCheck): string => `torn tail of ${plural(torn, 'byte')}, cut at the next start`;

function print(directory: string, checks: readonly SegmentCheck[], terminal: Terminal): void {
  const { dim, red, yellow } = terminal.colours;
  const columns = [
    { title: 'segment' },
    { title: 'records', right: true },
    { title: 'offsets' },
    { title: 'bytes', right: true },
    { title: 'last record' },
    { title: 'found' },
  ];
  const rows = checks.map((segment) => {
    const { path, base, end, bytes, at, torn } = segment;
    const offsets = end > base ? `${base} - ${end - 1}` : '-';
    const found = [...faultsOf(segment), ...(torn > 0 ? [tornText(segment)] : [])].join('; ') || 'whole';
    const last = at === 0 ? '-' : new Date(at).toISOString();
    return [relative(directory, path), number(end - base), offsets, number(bytes), last, found];
  });
  const [head, ...lines] = tableLines(columns, rows);
  terminal.out(dim(head ?? ''));
  for (const [index, line] of lines.entries()) {
    const segment = checks[index];
    const colour = segment === undefined || (isSound(segment) && segment.torn === 0) ? (text: string) => text : yellow;
    terminal.out(segment !== undefined && !isSound(segment) ? red(line) : colour(line));
  }
  const records = checks.reduce((sum, { base, end }) => sum + end - base, 0);
  const bytes = checks.reduce((sum, segment) => sum + segment.bytes, 0);
  terminal.out(`${plural(checks.length, 'segment')}, ${plural(records, 'record')}, ${plural(bytes, 'byte')}`);
}

async function verify(directory: string, json: boolean, terminal: Terminal): Promise<void> {
  const checks = await check(directory, terminal);
  const whole = checks.every(isSound);
  if (json) {
    const segments = checks.map(({ path, ...rest }) => ({ segment: relative(directory, path), ...rest }));
    terminal.out(JSON.stringify({ whole, segments }, null, 2));
  } else print(directory, checks, terminal);
  if (whole) return;
  const faults = checks.flatMap((segment) =>
    faultsOf(segment).map((fault) => `${relative(directory, segment.path)}: ${fault}`),
  );
  const more = faults.length > 1 ? ` and ${faults.length - 1} more` : '';
  throw cliError('LOG_NOT_WHOLE', { got: `${faults[0]}${more}` });
}

const repairText = (directory: string, { action, path, byte, bytes, offset, records }: Repair): string => {
  const where = `${relative(directory, path)} at byte ${number(byte)}: ${action} ${plural(bytes, 'byte')}`;
  if (action === 'cut') return `${where} of a torn tail, no acknowledged record lost`;
  return `${where}, ${plural(records, 'record')} lost${records > 0 ? ` from offset ${number(offset)}` : ''}`;
};

interface RepairFlags {
  readonly skip?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** What is to be done to the log as it is now, told; refused where it gives up records that nobody agreed to lose. */
async function planned(directory: string, flags: RepairFlags, terminal: Terminal): Promise<readonly Repair[]> {
  const repairs = repairsOf(await check(directory, terminal));
  if (!flags.json) for (const repair of repairs) terminal.out(repairText(directory, repair));
  const skips = repairs.filter(({ action }) => action === 'skip');
  if (skips.length > 0 && !flags.skip) {
    const lost = skips.reduce((sum, { records }) => sum + records, 0);
    throw cliError('REPAIR_NOT_DONE', {
      got: `damage with ${plural(lost, 'record')} in it`,
      todo: 'restore the segment from a copy, or give the records up for good with --skip',
    });
  }
  return repairs;
}

async function repair(directory: string, flags: RepairFlags, terminal: Terminal): Promise<void> {
  const meta = await requireLog(directory);
  const tell = (repairs: readonly Repair[], kept: string | null): void => {
    const listed = repairs.map(({ path, ...rest }) => ({ segment: relative(directory, path), ...rest }));
    if (flags.json) terminal.out(JSON.stringify({ repairs: listed, kept }, null, 2));
    else if (repairs.length === 0) terminal.out('nothing to repair');
    else if (kept !== null) terminal.out(`done; what was taken out is in ${kept}`);
  };
  if (!flags.yes) {
    const repairs = await planned(directory, flags, terminal);
    tell(repairs, null);
    if (repairs.length > 0) throw cliError('REPAIR_NOT_DONE', { got: plural(repairs.length, 'repair') });
    return;
  }
  const fs = disk();
  const lock = await takeLock(fs, layoutOf(directory).lock);
  try {
    const repairs = await planned(directory, flags, terminal);
    const kept = repairs.length === 0 ? null : await repairLog({ fs, directory, meta, now: terminal.now(), repairs });
    tell(repairs, kept);
  } finally {
    await lock.release();
  }
}

/** `armature log`: is every byte of the log as it was written, what to do when not, and a copy of one in Kafka. */
export const logCommand: AddCommand = (program, terminal) => {
  const log = program
    .command('log')
    .description('check every byte of the log, repair what a disk broke, copy it from Kafka')
    .addHelpText('after', '\nExample:\n  $ armature log verify .armature');
  log
    .command('verify')
    .description('check headers, check lines and offsets of every segment; 1 where one is not whole')
    .argument('[directory]', 'data directory', DATA)
    .option('--json', 'print JSON')
    .addHelpText('after', '\nA server may be writing meanwhile.\n\nExample:\n  $ armature log verify .armature')
    .action((directory: string, flags: { readonly json?: boolean }) =>
      verify(directory, flags.json === true, terminal),
    );
  log
    .command('repair')
    .description('cut a torn tail; with --skip give up damaged records; nothing is written without --yes')
    .argument('[directory]', 'data directory', DATA)
    .option('--skip', 'pass over damage in the middle: its records are lost for good')
    .option('--yes', 'do it; the directory must not be in use')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nWhat is taken out is kept in repairs/.\n\nExample:\n  $ armature log repair .armature --skip',
    )
    .action((directory: string, flags: RepairFlags) => repair(directory, flags, terminal));
  pullCommand(log, terminal);
};
