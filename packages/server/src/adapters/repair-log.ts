import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  encodeGroup,
  encodeHeader,
  encodeRecord,
  type LogMeta,
  layoutOf,
  type SegmentCheck,
  segmentSpans,
  verifyLog,
} from '@armature/analysis/log';
import { EVENT_TYPES, type LogEvent, type LogRecord } from '@armature/sdk/protocol';
import { serverError } from '../errors.js';
import type { FileSystem } from '../ports.js';
import { writeAtomically } from './atomic-file.js';

/** One change to a segment: bytes that are taken out of it. */
export interface Repair {
  /** `cut`: what an interrupted write left at the end. `skip`: bytes that somebody may have been promised. */
  readonly action: 'cut' | 'skip';
  readonly stream: string;
  readonly path: string;
  readonly byte: number;
  readonly bytes: number;
  /** Offset of the first record that is lost, and how many are; none by a cut. */
  readonly offset: number;
  readonly records: number;
}

/**
 * What would make a log whole again, as far as that is possible without its copy.
 *
 * @throws REPAIR_REFUSED for what only a copy mends: missing segments, parts of another log, definitions and versions
 */
export function repairsOf(checks: readonly SegmentCheck[]): readonly Repair[] {
  const refused = checks.find(
    ({ stream, damage, hole, foreign }) =>
      hole !== undefined || foreign !== undefined || (stream === 'config' && damage.some(({ records }) => records > 0)),
  );
  if (refused !== undefined) throw serverError('REPAIR_REFUSED', { got: whyRefused(refused) });
  return checks.flatMap(({ stream, path, bytes, end, torn, damage }): Repair[] => {
    const skips = damage.map((one): Repair => ({ action: 'skip', stream, path, ...one }));
    if (torn === 0) return skips;
    return [...skips, { action: 'cut', stream, path, byte: bytes - torn, bytes: torn, offset: end, records: 0 }];
  });
}

function whyRefused({ path, hole, foreign }: SegmentCheck): string {
  if (foreign !== undefined) return `${path} of log ${foreign.log}, stream ${foreign.stream}, base ${foreign.base}`;
  if (hole !== undefined && hole.expected === hole.found) return `${path} without a segment`;
  if (hole !== undefined) return `records ${hole.expected} to ${hole.found - 1} missing before ${path}`;
  return `definitions or versions damaged in ${path}`;
}

export interface RepairOptions {
  readonly fs: FileSystem;
  readonly directory: string;
  readonly meta: LogMeta;
  /** ms since the epoch: names the files that keep what was taken out. */
  readonly now: number;
  readonly repairs: readonly Repair[];
}

/**
 * Makes the changes. The caller holds the lock. First the bytes are kept aside and what will be done is written down,
 * durably; then each segment is replaced as a whole. Records that are lost leave ticks in their places, so that offsets
 * have no gap; the checkpoints of their partition are kept aside too, since they were made from other records.
 *
 * @returns the folder that keeps what was taken out
 */
export async function repairLog({ fs, directory, meta, now, repairs }: RepairOptions): Promise<string> {
  const layout = layoutOf(directory);
  const folder = layout.repairs;
  const stamp = new Date(now).toISOString().replaceAll(/[:.]/g, '-');
  await fs.mkdir(folder);
  await fs.syncDirectory(directory);
  const kept: string[] = [];
  for (const { stream, path, byte, bytes } of repairs) {
    const name = `${stamp}.${stream}.${basename(path, '.jsonl')}.${byte}.bytes`;
    const taken = (await readFile(path)).subarray(byte, byte + bytes);
    await writeAtomically(fs, join(folder, name), taken);
    kept.push(name);
  }
  const entries = repairs.map(({ path, ...repair }, index) => ({
    ...repair,
    segment: basename(path),
    kept: kept[index],
  }));
  const account = { schema: 1, at: new Date(now).toISOString(), log: meta.id, repairs: entries };
  await writeAtomically(fs, join(folder, `${stamp}.json`), `${JSON.stringify(account, null, 2)}\n`);
  for (const path of new Set(repairs.map((repair) => repair.path))) {
    const here = repairs.filter((repair) => repair.path === path);
    const lost = here.find(({ records }) => records > 0);
    // both were made from the records that are given up
    if (lost !== undefined) {
      await setAside(
        fs,
        layout.checkpoint(Number(lost.stream)),
        join(folder, `${stamp}.checkpoint.${lost.stream}.json`),
      );
      await setAside(fs, layout.anchor, join(folder, `${stamp}.anchor.json`));
    }
    await rewrite(fs, meta.id, path, here);
  }
  return folder;
}

async function setAside(fs: FileSystem, path: string, aside: string): Promise<void> {
  if ((await fs.readText(path)) === undefined) return;
  await fs.rename(path, aside);
  await fs.syncDirectory(join(path, '..'));
}

/** Replaces a segment by one without the bytes that are taken out. */
async function rewrite(fs: FileSystem, log: string, path: string, repairs: readonly Repair[]): Promise<void> {
  const bytes = await readFile(path);
  const stream = repairs[0]?.stream ?? '';
  const base = Number(basename(path, '.jsonl'));
  const spans = segmentSpans(bytes);
  const parts: Buffer[] = [];
  if (spans[0]?.header !== true) parts.push(encodeHeader({ log, stream, base, schema: 1 }));
  let at = spans.find((span) => span.at !== undefined)?.at ?? 0;
  for (const span of spans) {
    if (span.good) parts.push(bytes.subarray(span.from, span.to));
    at = span.at ?? at;
    const repair = repairs.find(({ byte }) => byte >= span.from && byte < span.to);
    if (repair !== undefined && repair.records > 0) parts.push(placeholders(repair, at));
  }
  await writeAtomically(fs, path, Buffer.concat(parts));
}

/** Ticks in the places of lost records: they move no log time and count nothing. */
function placeholders({ stream, offset, records }: Repair, at: number): Buffer {
  const lines: string[] = [];
  for (let lost = offset; lost < offset + records; lost += 1) {
    const event: LogEvent = {
      specversion: '1.0',
      type: EVENT_TYPES.tick,
      source: '/repair',
      id: `lost-${stream}-${lost}`,
      time: new Date(at).toISOString(),
      data: {},
    };
    const record: LogRecord<LogEvent> = { offset: lost, at, event };
    lines.push(encodeRecord(record));
  }
  return encodeGroup(lines);
}

/** Everything that a check of a log finds. */
export async function checksOf(...args: Parameters<typeof verifyLog>): Promise<readonly SegmentCheck[]> {
  const checks: SegmentCheck[] = [];
  for await (const check of verifyLog(...args)) checks.push(check);
  return checks;
}
