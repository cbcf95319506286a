import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildReport, renderHtml, renderTerminal } from '@armature/analysis';
import { EVENT_TYPES } from '@armature/sdk/protocol';
import { inputOf } from '../../packages/analysis/test/report-input.js';
import { generateLog, START, writeLog } from '../../packages/analysis/test/written-log.js';
import { ROOT } from '../source-tree.js';
import { bytesUnder } from './loop.js';
import type { Outcome, Row, Surface } from './row.js';

type Log = ReturnType<typeof generateLog>;
const PLAN = { seed: 7, partitions: 2, decisions: 2000, perVersion: 250 };
const iso = (ms: number): string => new Date(ms).toISOString();
const NAN = /\b(NaN|undefined|Infinity)\b/;

/** Data directories as servers would have left them. */
export interface ReportWorld {
  readonly root: string;
  /** Where each of the logs lies. */
  readonly logs: { readonly [name in keyof typeof LOGS]: string };
}

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Told after a second, on a machine with other work. */
const PROGRESS = /^reading .*\n/gm;

const armature = (...args: string[]): Promise<Ran> =>
  new Promise((resolve) => {
    const command = [join(ROOT, 'packages/server/bin/armature.js'), ...args];
    const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined };
    execFile(process.execPath, command, { env, timeout: 25_000, maxBuffer: 2 ** 26 }, (error, out, err) => {
      resolve({
        code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1,
        out,
        err: err.replaceAll(PROGRESS, ''),
      });
    });
  });

/** A log without the records that a filter refuses. */
const without =
  (lost: (arm: string, offset: number) => boolean) =>
  (log: Log): Log => ({
    ...log,
    partitions: log.partitions.map((records) =>
      records
        .filter(({ event, offset }) => event.type !== EVENT_TYPES.decision || !lost(event.data.arm, offset))
        .map((record, offset) => ({ ...record, offset })),
    ),
  });

/** A report with exit 0, without anything that is no number, that says why a figure is missing. */
const told = (input: string, log: keyof typeof LOGS, experiment: string, says: RegExp): Row<ReportWorld> => ({
  ...{ row: 57, input, expected: 'exit 0, a reason and no NaN', says },
  act: async (w) => {
    const { code, out, err } = await armature('report', w.logs[log], '--experiment', experiment);
    const got = NAN.test(out) || err !== '' ? `NaN or a fault: ${err}` : 'a reason and no NaN';
    return { got: `exit ${code}, ${got}`, says: out };
  },
});

const refusedReport = (row: number, input: string, args: readonly string[], expected: string, says: RegExp) =>
  ({
    ...{ row, input, expected, says },
    act: async (w: ReportWorld) => {
      const { code, out, err } = await armature('report', w.logs.whole, ...args);
      return { got: `exit ${code}, ${out === '' ? (err.split(':')[0] ?? '') : 'a report'}`, says: err };
    },
  }) satisfies Row<ReportWorld>;

/** Open Bandit rows with propensities that are none: counted, and too many refuse the weighting. */
async function imported({ root }: ReportWorld, bad: string, share: number): Promise<Outcome> {
  const file = join(root, 'obd.csv');
  const rows = Array.from({ length: 2000 }, (_, t) => {
    const propensity = t < share * 2000 ? bad : '0.5';
    return `${START + t},${t % 2},1,${t % 7 === 0 ? 1 : 0},${propensity}`;
  });
  writeFileSync(file, ['t_ms,item_id,position,click,propensity', ...rows].join('\n'));
  const { code, out, err } = await armature('import', 'obd', file);
  return { got: `exit ${code}, ${NAN.test(out) ? 'NaN' : 'no NaN'}`, says: out + err };
}

const ESCAPE = '\u001b';
const NAME = `=cmd()<script>${ESCAPE}[31m`;
const named = () => {
  const environment = { arms: [NAME, 'b'], rates: [0.1, 0.2] };
  return buildReport(inputOf({ environment, policy: () => [0.5, 0.5], trials: 1000, updateEvery: 500, seed: 5 }));
};

const ROWS: readonly Row<ReportWorld>[] = [
  told('an arm without a single decision', 'noneOfOld', 'page', /not estimable: an arm has no closed trial/),
  told('an arm with one decision', 'oneOfOld', 'page', /not estimable: /),
  told('a metric that nobody rewarded', 'silent', 'headline', /an arm has 0\s+of the 10 events/),
  told('rewards that are all the same: no variance', 'constant', 'headline', /not estimable: /),
  told('five decisions', 'five', 'headline', /not estimable: no closed trial/),
  {
    row: 57,
    input: 'counts above 2^31',
    expected: 'a report without NaN',
    act: async () => {
      const environment = { arms: ['a', 'b'], rates: [0.1, 0.2] };
      const input = inputOf({ environment, policy: () => [0.5, 0.5], trials: 1000, updateEvery: 500, seed: 5 });
      const statistics = input.statistics.map((cell) => ({
        ...cell,
        arms: cell.arms.map(({ opened, metrics }) => ({
          opened: opened * 3e7,
          metrics: Object.fromEntries(
            Object.entries(metrics).map(([name, { trials, rewarded, mean, m2 }]) => [
              name,
              { trials: trials * 3e7, rewarded: rewarded * 3e7, mean, m2: m2 * 3e7 },
            ]),
          ),
        })),
      }));
      const text = renderTerminal(buildReport({ ...input, statistics }), { color: false, width: 120 });
      return { got: NAN.test(text) ? 'NaN' : 'a report without NaN', says: text };
    },
  },
  ...(['0', '1.5', ''] as const).map(
    (bad): Row<ReportWorld> => ({
      ...{ row: 58, input: `1% of rows with propensity "${bad}"`, expected: 'exit 0, no NaN' },
      says: /propensit/i,
      act: (w) => imported(w, bad, 0.01),
    }),
  ),
  refusedReport(59, 'from after to', ['--from', iso(START + 9), '--to', iso(START)], 'exit 64, USAGE', /before --to/),
  refusedReport(59, 'an empty window', ['--from', iso(START + 1e9)], 'exit 1, WINDOW_EMPTY', /the log has decisions/),
  refusedReport(59, 'a time zone', ['--from', '2026-11-23T06:00:00+01:00'], 'exit 64, USAGE', /UTC/),
  refusedReport(59, 'seconds since the epoch', ['--from', '1795411602'], 'exit 64, USAGE', /seconds/),
  {
    row: 60,
    input: '=cmd()<script> and a colour in the name of an arm',
    expected: 'escaped in HTML, marked on a terminal',
    act: async () => {
      const html = renderHtml(named());
      const terminal = renderTerminal(named(), { color: false, width: 120 });
      const safe = !html.includes('()<script>') && html.includes('()&lt;script&gt;') && !terminal.includes(ESCAPE);
      return { got: safe ? 'escaped in HTML, marked on a terminal' : 'as it came' };
    },
  },
  {
    row: 60,
    input: 'a unit =cmd() in an export',
    expected: 'an apostrophe in front',
    act: async (w) => {
      const folder = w.logs.renamed;
      const file = join(w.root, 'out.csv');
      await armature('export', folder, '--experiment', 'page', '--format', 'csv', '--out', file);
      const text = readFileSync(file, 'utf8');
      const cells = text.split(/[,\n]/).filter((cell) => cell.includes('=cmd()'));
      const safe = cells.length > 0 && cells.every((cell) => cell.startsWith("'=cmd()"));
      return { got: safe ? 'an apostrophe in front' : `${cells.length} cells, ${cells[0]}`, says: text.slice(0, 200) };
    },
  },
  {
    row: 61,
    input: 'most decisions for one arm lost on the way',
    expected: 'exit 1 with --strict, REPORT_UNHEALTHY',
    says: /propensities FAILED/,
    act: async (w) => {
      const folder = w.logs.lossy;
      const { code, out, err } = await armature('report', folder, '--strict');
      return { got: `exit ${code} with --strict, ${err.split(':')[0]}`, says: out };
    },
  },
];

function silent(log: Log): Log {
  const partitions = log.partitions.map((records) =>
    records.filter(({ event }) => event.type !== EVENT_TYPES.reward).map((record, offset) => ({ ...record, offset })),
  );
  return { ...log, partitions };
}

function constant(log: Log): Log {
  const partitions = log.partitions.map((records) =>
    records.map((record) => {
      const { event } = record;
      if (event.type !== EVENT_TYPES.reward) return record;
      const metrics = Object.fromEntries(Object.keys(event.data.metrics).map((name) => [name, 1]));
      return { ...record, event: { ...event, data: { ...event.data, metrics } } };
    }),
  );
  return { ...log, partitions };
}

function renamed(log: Log): Log {
  const text = JSON.stringify(log.partitions).replaceAll('"u-', '"=cmd()-');
  return { ...log, partitions: JSON.parse(text) };
}

const whole = (): Log => generateLog(PLAN);
const LOGS = {
  whole,
  noneOfOld: () => without((arm) => arm === 'old')(whole()),
  oneOfOld: () => without((arm, offset) => arm === 'old' && offset > 3)(whole()),
  lossy: () => without((arm, offset) => arm === 'old' && offset % 3 !== 0)(whole()),
  silent: () => silent(whole()),
  constant: () => constant(whole()),
  renamed: () => renamed(whole()),
  five: () => generateLog({ ...PLAN, decisions: 5 }),
} as const;

/** What an analyst asks of a log that is odd. */
export const reports: Surface<ReportWorld> = {
  title: 'Reports',
  unchanged: 'the bytes of the data directories',
  rows: ROWS,
  async open() {
    const root = mkdtempSync(join(tmpdir(), 'armature-catalogue-'));
    const written = Object.entries(LOGS).map(([name, make]) => {
      const folder = join(root, 'logs', name);
      writeLog(folder, make());
      return [name, folder] as const;
    });
    return { root, logs: Object.fromEntries(written) as ReportWorld['logs'] };
  },
  state: ({ root }) => bytesUnder(join(root, 'logs')),
  close: async ({ root }) => rmSync(root, { recursive: true, force: true }),
};
