import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClosedTrial } from '@armature/analysis/fold';
import { encodeGroup, encodeRecord, layoutOf, readConfig, segmentName } from '@armature/analysis/log';
import { afterAll, describe, expect, test } from 'vitest';
import {
  commonWeightSumsFromRows,
  foldLog,
  readReports,
  renderTerminal,
  sumsVariance,
  type TrialRow,
} from '../src/index.js';
import { generateLog, type LogPlan, START, writeLog } from './written-log.js';

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => void rmSync(folder, { recursive: true, force: true })));

function written(plan: Partial<LogPlan> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'armature-report-'));
  folders.push(folder);
  writeLog(folder, generateLog({ seed: 7, partitions: 3, decisions: 3000, perVersion: 250, ...plan }), plan.group);
  return folder;
}

const NOW = START + 86_400_000;

/** Where two JSON values differ: numbers by more than 1e-12 of their size, everything else at all. */
function differences(a: unknown, b: unknown, path = ''): string[] {
  if (typeof a === 'number' && typeof b === 'number') {
    return Math.abs(a - b) <= 1e-12 * Math.max(1, Math.abs(a), Math.abs(b)) ? [] : [`${path}: ${a} and ${b}`];
  }
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
    return a === b ? [] : [`${path}: ${String(a)} and ${String(b)}`];
  }
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].flatMap((key) =>
    differences((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key], `${path}/${key}`),
  );
}

function numbersIn(value: unknown): number {
  if (typeof value === 'number') return 1;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce((sum: number, member) => sum + numbersIn(member), 0);
}

test('a log that has lost records which a version was made from gives no report', async () => {
  const folder = written({ partitions: 2 });
  const config = [];
  for await (const records of readConfig(folder)) config.push(...records);
  const last = config.at(-1)!;
  const seen = { ...last.event, data: { ...last.event.data, asOf: { '1': 100 } } };
  const record = encodeRecord({ offset: last.offset + 1, at: last.at, event: seen });
  appendFileSync(join(layoutOf(folder).config, segmentName(0)), encodeGroup([record]));
  expect(await readReports(folder, { now: NOW })).toHaveLength(2);
  writeFileSync(join(layoutOf(folder).partition(1), segmentName(0)), '');
  await expect(readReports(folder, { now: NOW })).rejects.toMatchObject({ code: 'LOG_SHORTER' });
});

describe('the two readers', () => {
  test.each([1, 2, 3])('give the same report, number by number (seed %i)', async (seed) => {
    const folder = written({ seed, partitions: seed });
    const cells = await readReports(folder, { now: NOW });
    const rows = await readReports(folder, { now: NOW, reader: 'rows' });
    expect(cells.map(({ experiment }) => experiment.id)).toEqual(['headline', 'page']);
    expect(numbersIn(cells)).toBeGreaterThan(500);
    expect(differences(cells, rows)).toEqual([]);
  });

  test('agree on a window too', async () => {
    const folder = written();
    const window = { now: NOW, from: START + 1_200_000, to: START + 3_000_000 };
    const cells = await readReports(folder, window);
    expect(differences(cells, await readReports(folder, { ...window, reader: 'rows' }))).toEqual([]);
    expect(cells[0]?.trials.opened).toBeLessThan(3000);
  });

  test('a difference is found', () => {
    expect(differences({ a: [1, null] }, { a: [1 + 1e-11, 0] })).toEqual([
      '/a/0: 1 and 1.00000000001',
      '/a/1: null and 0',
    ]);
  });
});

describe('the contrast of a report', () => {
  test('is the one that the rows give, each with its own vector', async () => {
    const folder = written({ seed: 11 });
    const trials: ClosedTrial[] = [];
    const { config } = await foldLog(folder, { sink: { counted: (trial) => trials.push(trial) } });
    const rows = trials
      .filter(({ experiment, metric }) => experiment === 'headline' && metric === 'click')
      .map(({ version, rule, arm, reward, time }): TrialRow => {
        const snapshot = config.registry.version('headline', version)!;
        return { version, rule, arm, p: snapshot.rules[rule]!, means: snapshot.means.click!, reward, time };
      });
    const [report] = await readReports(folder, { now: NOW, experiment: 'headline' });
    const click = report!.metrics[0]!;
    expect(click.estimator.name).toBe('common-weight AIPW');
    expect(rows.length).toBe(click.trials);
    const found = click.contrasts.map(({ difference }) => [difference.value, difference.standardError]);
    const expected = [1, 2].map((arm) => {
      const sums = commonWeightSumsFromRows(rows, { arm, against: 0 }, [0, 1, 2]);
      return [sums.mean, Math.sqrt(sumsVariance(sums)!)];
    });
    expect(differences(found, expected)).toEqual([]);
  });
});

describe('reading a directory', () => {
  const segment = (folder: string, partition: number) => join(layoutOf(folder).partition(partition), segmentName(0));

  test('gives the same reports each time', async () => {
    const folder = written({ decisions: 400 });
    expect(await readReports(folder, { now: NOW })).toEqual(await readReports(folder, { now: NOW }));
  });

  test('passes over the tail of a group that a server is still writing', async () => {
    const folder = written({ decisions: 400 });
    const before = await readReports(folder, { now: NOW });
    const line = encodeRecord({ offset: 10_000, at: NOW, event: {} });
    appendFileSync(segment(folder, 0), line.slice(0, -20));
    expect(await readReports(folder, { now: NOW })).toEqual(before);
  });

  test('reads on in the config log where a record names a version that came meanwhile', async () => {
    const plan = { seed: 5, partitions: 2, decisions: 600, perVersion: 100 };
    const log = generateLog(plan);
    const [whole, growing] = [written(plan), mkdtempSync(join(tmpdir(), 'armature-report-'))];
    folders.push(growing);
    const early = log.config.length - 4;
    writeLog(growing, { ...log, config: log.config.slice(0, early) }, 20);
    const late = log.config.slice(early).map((event, i) => encodeRecord({ offset: early + i, at: START, event }));
    let appended = false;
    const reports = await readReports(growing, {
      now: NOW,
      onProgress() {
        if (!appended) appendFileSync(join(layoutOf(growing).config, segmentName(0)), encodeGroup(late));
        appended = true;
      },
    });
    expect(appended).toBe(true);
    expect(reports).toEqual(await readReports(whole, { now: NOW }));
  });

  test('tells how far it is', async () => {
    const told: number[] = [];
    await readReports(written({ decisions: 200 }), { now: NOW, onProgress: ({ records }) => told.push(records) });
    expect(told.at(-1)).toBeGreaterThan(400);
    expect(told).toEqual([...told].sort((a, b) => a - b));
  });

  test('counts the trials that are open, in the window only', async () => {
    const folder = written({ decisions: 400 });
    const [all] = await readReports(folder, { now: NOW });
    expect(all!.trials.open).toBeGreaterThan(0);
    expect(all!.trials.open + all!.trials.closed).toBe(all!.trials.opened);
    const [early] = await readReports(folder, { now: NOW, to: START + 60_000 });
    expect(early!.trials.open).toBe(0);
    expect(early!.notes.at(-1)).toBe(
      'Only decisions to 2026-11-23T05:01:00.000Z, in whole buckets; health counts the whole log.',
    );
  });

  test.each([
    [{ experiment: 'heading' }, 'NOT_IN_LOG', 'heading; it has headline, page'],
    [{ level: 1 }, 'LEVEL_INVALID', '1'],
    [{ level: Number.NaN }, 'LEVEL_INVALID', 'NaN'],
    [{ from: NOW }, 'WINDOW_EMPTY', 'the log has decisions from 2026-11-23T05:00:00.000Z'],
    [{ to: START - 1 }, 'WINDOW_EMPTY', 'to 2026-11-23T04:59:59.999Z'],
  ])('refuses %j with %s', async (options, code, got) => {
    const failure = readReports(written({ decisions: 50 }), { now: NOW, ...options });
    await expect(failure).rejects.toMatchObject({ code, got: expect.stringContaining(got) });
  });

  test('a coverage near 1 is not rounded up to certainty', async () => {
    const [report] = await readReports(written(), { now: NOW, level: 0.9999 });
    expect(report!.guarantee.text).toMatch(/^99\.99% anytime/);
    expect(renderTerminal(report!, { color: false, width: 200 })).not.toMatch(/\b100% (anytime|one look)/);
  });

  test('refuses a folder that holds no log, and a log that is damaged', async () => {
    await expect(readReports(tmpdir(), { now: NOW })).rejects.toMatchObject({ code: 'LOG_MISSING' });
    const folder = written({ decisions: 50 });
    const path = segment(folder, 0);
    const bytes = readFileSync(path);
    bytes[300] = bytes[300]! ^ 1;
    writeFileSync(path, bytes);
    await expect(readReports(folder, { now: NOW })).rejects.toMatchObject({ code: 'LOG_DAMAGED' });
  });
});
