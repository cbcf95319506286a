import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { interleave, timesSlower } from '../harness/interleave.mjs';
import { writeLog } from './written-log.mjs';

const module = new URL('./reader.mjs', import.meta.url);

export const title = 'fold: events of a log of 300,000, one partition, 58 versions';
const EVENTS = 300_000;
const LEAST = 0.5;

export async function measure({ rounds, onRound }) {
  const directory = mkdtempSync(join(tmpdir(), 'armature-bench-'));
  try {
    const log = writeLog(directory, EVENTS);
    const parts = Object.fromEntries(['bare', 'log', 'fold'].map((how) => [how, { module, options: { how, log } }]));
    const by = await interleave(parts, { rounds: Math.min(rounds, 7), onRound });
    const perSecond = ({ cpuUs }) => (log.records * 1e6) / cpuUs;
    const row = (what, own, peer, name, least) => ({
      what,
      unit: 'events/s CPU',
      ours: perSecond(by[own]),
      peer: { name, value: perSecond(by[peer]) },
      ...timesSlower(by[own], by[peer]),
      ...(least === undefined ? {} : { least }),
      note: `${log.records} records, ${log.versions} versions, ${(log.bytes / 1e6).toFixed(0)} MB`,
    });
    return [
      row('read and fold', 'fold', 'log', "the log's reader alone", LEAST),
      row('read and fold', 'fold', 'bare', 'lines and JSON.parse'),
      row("the log's reader", 'log', 'bare', 'lines and JSON.parse'),
    ];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
