import { readFileSync } from 'node:fs';
import { join } from 'node:path';
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

  test('prints text for people, without colours where nobody looks', async () => {
    const folder = written();
    const { out, err, code } = await report(folder, '--experiment', 'page');
    expect([err, code]).toEqual(['', 0]);
    const [text, next] = out.split(' next ');
    expect(next?.replace(/\s+/g, ' ')).toBe(` armature report ${folder} --experiment page --html report.html `);
    expect(text).toMatchInlineSnapshot(`
      "page · fixed · 1,978 trials in 1 h 10 min · snapshot 1.1

       old leads: > 99% likely best. Not decided. new is unlikely to be best (< 1%).

       health   propensities ok · unmatched 0 · late 54 · duplicates 0 · fallback 1.1%
       warning  late 54: many rewards come after the window: lengthen it, or send them sooner
       warning  fallback 1.1%: many decisions were made without a snapshot: look at the clients'
                connection
       open     53 trials open, the first closes 2026-11-23 06:15
       period   2026-11-23 05:00 .. 06:00 UTC; a trial is one unit, for ever
       left out 22 decisions were not randomised (default); 54 rewards came after their trial had closed;
                8 rewards belong to decisions that do not count

       arm          decisions  share  now  closed  mean*   95% anytime  95% one look  eff. n  P(best)
       new                985  49.8%  50%     960   14.5  11.2 .. 17.8  12.6 .. 16.5     960     0.4%
       old control        993  50.2%  50%     965   18.6  14.5 .. 22.8  16.2 .. 21.0     965    99.6%

       against old  difference   95% anytime  95% one look       p  relative     -8   -6    -4   -2    0
       new                -4.1  -9.0 .. +0.8  -7.2 .. -1.0  0.0089      -22%  ─────━━━━━━━━━●━━━━━━━━──┼──

       share    new ███████
                old ███████
                    2026-11-23 05:00 .. 06:00 UTC, full bar 53.0%

       worth    spend 31,933 in 1,925 closed trials; an even split expects 31,923: gain +10 (95% one look
                -166 .. +187).
       regret   loss against always serving new -3,963 (-7,353 .. -574), old +3,943 (+553 .. +7,332);
                against the best of them +3,943 (+553 .. +7,332); 95%, all arms together, one look.

       * mean* by difference of means: the weights stood still: Welch.
       * 95% anytime-valid intervals (asymptotic confidence sequence) on the difference of means, valid
         because the weights stood still: each of them, taken by itself, right at every look together,
         from 300 draws and 10 events in each compared arm on. The interval beside it is right at one look
         fixed beforehand.
       * Randomised by one unit, for ever: a trial is the first decision of that unit, its rewards
         combined. Weighing single decisions is refused: it would reject true null hypotheses far too
         often.
       * P(best) is the policy's own posterior on pooled rewards: it assumes that no rate drifts. The
         intervals do not.

      "
    `);
  });

  test('writes one HTML file beside the text', async () => {
    const folder = written();
    const file = join(folder, 'report.html');
    const { out } = await report(folder, '--html', file);
    expect(out).toMatch(/^headline · thompson/);
    const html = readFileSync(file, 'utf8');
    expect(html.match(/<article/g)).toHaveLength(2);
    expect(html).toContain('<svg');
    expect((await report(folder, '--html', '/nowhere/r.html')).err).toContain('FILE_UNWRITABLE: the file cannot be');
  });

  test('says so where the log has no experiment yet', async () => {
    const folder = folderOf();
    writeLog(folder, { experiments: [], config: [], partitions: [[]] });
    expect(await report(folder)).toEqual({ code: 0, out: '', err: `${folder} holds no experiment yet\n` });
    expect((await report(folder, '--json')).out).toBe('[]\n');
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
