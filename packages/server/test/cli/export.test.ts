import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readReports } from '@armature/analysis';
import { describe, expect, test } from 'vitest';
import { generateLog, START, writeLog } from '../../../analysis/test/written-log.js';
import { csvLine } from '../../src/cli/csv.js';
import { cli, folderOf } from './recorded-terminal.js';

function written(decisions = 500): string {
  const folder = folderOf();
  writeLog(folder, generateLog({ seed: 4, partitions: 2, decisions, perVersion: 100 }), 40);
  return folder;
}

type Row = { readonly [column: string]: string | number | boolean | null };
const rowsOf = (out: string): Row[] =>
  out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('export', () => {
  test('gives a row for each trial of the report, with its rewards', async () => {
    const folder = written();
    const rows = rowsOf((await cli(['export', folder])).out).filter(({ experiment }) => experiment === 'headline');
    const [report] = await readReports(folder, { now: START, experiment: 'headline' });
    expect(rows.length).toBe(report!.trials.opened);
    expect(rows.filter(({ closed }) => closed).length).toBe(report!.trials.closed);
    const clicks = rows.reduce((sum, row) => sum + (row.closed ? Number(row['reward.click']) : 0), 0);
    expect(clicks).toBe(report!.metrics[0]!.arms.reduce((sum, { total }) => sum + total, 0));
  });

  test('says zero for a closed metric without reward where that is what missing means, and null else', async () => {
    const rows = rowsOf((await cli(['export', written(), '--experiment', 'headline'])).out);
    const quiet = rows.filter((row) => row['reward.latency_ms'] === null);
    expect(new Set(quiet.filter(({ closed }) => closed).map((row) => row['reward.click']))).toEqual(new Set([0]));
    expect(new Set(quiet.filter(({ closed }) => !closed).map((row) => row['reward.click']))).toEqual(new Set([null]));
  });

  test('adds the vector, whose entry of the arm is the propensity, with --wide', async () => {
    const rows = rowsOf((await cli(['export', written(), '--wide', '--experiment', 'headline'])).out);
    for (const row of rows) {
      expect(row[`p.${row.arm}`]).toBe(row.propensity);
      const sum = ['p.a', 'p.b', 'p.c'].reduce((total, name) => total + Number(row[name]), 0);
      expect(sum).toBeCloseTo(1, 8);
    }
    expect(Object.keys(rows[0]!)).toEqual(
      ['time', 'experiment', 'version', 'rule', 'decision', 'arm', 'propensity', 'p.a', 'p.b', 'p.c'].concat(
        'reward.click',
        'reward.latency_ms',
        'closed',
      ),
    );
  });

  test('writes CSV to a file, header first, and tells how many trials', async () => {
    const folder = written(60);
    const file = join(folder, 'trials.csv');
    const { out, err } = await cli(['export', folder, '--format', 'csv', '--experiment', 'page', '--out', file]);
    const [head, ...lines] = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(head).toBe('time,experiment,version,rule,unit,decision,arm,propensity,reward.spend,closed');
    expect(lines[0]).toMatch(
      /^2026-11-23T05:.*Z,page,1\.1,policy,u-\d+,[0-9a-f-]{36},(new|old),0\.5,[0-9.]*,(true|false)$/,
    );
    expect([out, err]).toEqual(['', `${lines.length} trials in ${file}\n`]);
  });

  test.each([
    [['--experiment', 'nothing'], 1, 'NOT_SERVED: '],
    [['--out', '/nowhere/x.csv'], 1, 'FILE_UNWRITABLE: the file cannot be written, got /nowhere/x.csv: ENOENT'],
    [['--format', 'xlsx'], 64, 'USAGE: '],
  ])('refuses %j', async (args, code, message) => {
    const outcome = await cli(['export', written(20), ...args]);
    expect(outcome.code).toBe(code);
    expect(outcome.err).toContain(message);
  });

  test.each([
    ['=cmd()', "'=cmd()"],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@x', "'@x"],
    ['\tx', "'\tx"],
    ['a=b', 'a=b'],
    ['a"b,c', '"a""b,c"'],
    [-1.5, '-1.5'],
    [null, ''],
  ])('writes the cell %j as %j', (value, text) => {
    expect(csvLine([value])).toBe(`${text}\n`);
  });
});
