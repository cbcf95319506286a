import { EVENT_TYPES } from '@armature/sdk/protocol';
import { describe, expect, test } from 'vitest';
import { generateLog, START, writeLog } from '../../../analysis/test/written-log.js';
import { cli, folderOf } from './recorded-terminal.js';

type Log = ReturnType<typeof generateLog>;

function written(change: (log: Log) => Log = (log) => log): string {
  const folder = folderOf();
  writeLog(folder, change(generateLog({ seed: 7, partitions: 2, decisions: 2000, perVersion: 250 })));
  return folder;
}

/** The log as it would be had most decisions for one arm been lost on the way. */
function lossy(log: Log): Log {
  const partitions = log.partitions.map((records) =>
    records
      .filter(
        ({ event, offset }) => event.type !== EVENT_TYPES.decision || event.data.arm !== 'old' || offset % 3 === 0,
      )
      .map((record, offset) => ({ ...record, offset })),
  );
  return { ...log, partitions };
}

const NOW = START + 86_400_000;
const report = (...args: string[]) => cli(['report', ...args], { now: NOW });
const iso = (ms: number): string => new Date(ms).toISOString();

describe('report', () => {
  test('prints the reports of all experiments as JSON, the same each time', async () => {
    const folder = written();
    const first = await report(folder, '--json');
    const reports = JSON.parse(first.out);
    expect(reports.map((one: { experiment: { id: string } }) => one.experiment.id)).toEqual(['headline', 'page']);
    expect(reports[0]).toMatchObject({ schema: 1, generatedAt: iso(NOW), verdict: { status: 'not decided' } });
    expect(await report(folder, '--json')).toEqual(first);
  });

  test('prints one experiment, by either reader', async () => {
    const folder = written();
    const cells = await report(folder, '--experiment', 'page', '--json');
    const rows = await report(folder, '--experiment', 'page', '--json', '--rows');
    const [a, b] = [JSON.parse(cells.out)[0], JSON.parse(rows.out)[0]];
    expect(b.trials).toEqual(a.trials);
    expect(b.metrics[0].contrasts[0].difference.value).toBeCloseTo(a.metrics[0].contrasts[0].difference.value, 11);
  });

  test('takes a window of decision times', async () => {
    const window = ['--from', iso(START + 600_000), '--to', iso(START + 1_200_000), '--json'];
    const [headline] = JSON.parse((await report(written(), ...window)).out);
    // windows of 10 minutes have buckets of 10 minutes: 300 decisions of 2 s, less those that were not randomised
    expect(headline.trials.opened).toBeGreaterThan(280);
    expect(headline.trials.opened).toBeLessThanOrEqual(300);
    expect([headline.from, headline.to]).toEqual([iso(START + 600_000), iso(START + 600_000)]);
    expect(headline.notes.at(-1)).toContain('in whole buckets');
  });

  test.each([
    [['--from', iso(NOW), '--to', iso(START)], 64, 'USAGE: the command cannot be read, got --from'],
    [['--from', iso(START), '--to', iso(START)], 64, 'give a --from that is before --to'],
    [['--from', '1795411602'], 64, 'It is a number in a string; as seconds since the epoch it would be "2026-11-23'],
    [['--to', '2026-11-23T06:00:00+01:00'], 64, 'It is not RFC 3339 in UTC. Write a time in UTC such as'],
    [['--to', '2026-11-31T00:00:00Z'], 64, 'Write a time in UTC'],
    [['--from', iso(NOW)], 1, 'WINDOW_EMPTY: no decision lies between the two times, got from 2026-11-24'],
    [
      ['--experiment', 'heading'],
      1,
      'NOT_IN_LOG: the log has no experiment of this name, got heading; it has headline',
    ],
  ])('refuses %j', async (args, code, message) => {
    const outcome = await report(written(), ...args);
    expect([outcome.code, outcome.out]).toEqual([code, '']);
    expect(outcome.err).toContain(message);
  });

  test('says that nothing has closed yet, and ends with 0', async () => {
    const folder = folderOf();
    writeLog(folder, generateLog({ seed: 7, partitions: 1, decisions: 5, perVersion: 250 }));
    const { code, out } = await report(folder, '--to', iso(START + 1));
    expect(code).toBe(0);
    expect(out).not.toMatch(/NaN|undefined|Infinity/);
  });

  test('ends with 1 when a health check failed and --strict asks for it', async () => {
    const folder = written(lossy);
    const [, page] = JSON.parse((await report(folder, '--json')).out);
    expect([page.verdict.status, page.health.status]).toEqual(['unhealthy', 'failed']);
    expect((await report(folder)).code).toBe(0);
    const strict = await report(folder, '--strict');
    expect(strict.code).toBe(1);
    expect(strict.err).toMatch(/^REPORT_UNHEALTHY: .*, got page, see the health lines/);
    expect((await report(folder, '--strict', '--experiment', 'headline')).code).toBe(0);
  });

  test('tells its progress on standard error once a second has passed', async () => {
    const { err } = await cli(['report', written(), '--json'], { now: NOW, stepMs: 2000 });
    expect(err).toMatch(/^reading partition 1 of 2, [\d,]+ records\n/);
  });
});
