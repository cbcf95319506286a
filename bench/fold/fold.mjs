import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { interleave, timesSlower } from '../harness/interleave.mjs';
import { writeLog } from './written-log.mjs';

const module = new URL('./reader.mjs', import.meta.url);
const stateCost = new URL('./state-cost.mjs', import.meta.url);

export const title = 'fold: events of a log of 300,000, one partition, 58 versions';
const EVENTS = 300_000;
/** Of a reader that does nothing but split the file into lines and JSON.parse them. */
const LEAST = 0.5;
const ID_BYTES = 17;
const PAUSE_MS = 50;

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
      row('read and fold', 'fold', 'bare', 'lines and JSON.parse', LEAST),
      row('read and fold', 'fold', 'log', "the log's reader alone"),
      row("the log's reader", 'log', 'bare', 'lines and JSON.parse'),
      ...(await stateRows(log, onRound)),
    ];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** What the state costs: absolute figures, since nobody else keeps one. */
async function stateRows(log, onRound) {
  const part = (how) => [how, { module: stateCost, options: { how, log }, flags: ['--expose-gc'] }];
  const by = await interleave(Object.fromEntries(['bytes', 'checkpoints'].map(part)), { rounds: 1, onRound });
  const { idBytes, trialBytes } = by.bytes.facts;
  const { whole, cpuMs, blockMs, changed } = by.checkpoints.facts;
  const note = `${changed.toLocaleString('en-US')} of 1,000,000 changed`;
  const first = 'the first, all 1,000,000 are written';
  return [
    { what: 'an id that is remembered', unit: 'bytes', ours: idBytes, most: ID_BYTES, note: 'heap and external' },
    { what: 'an open trial', unit: 'bytes', ours: trialBytes, note: 'heap and external, without its id' },
    { what: 'a checkpoint, CPU', unit: 'ms', ours: cpuMs, note },
    { what: 'a checkpoint, longest pause', unit: 'ms', ours: blockMs, most: PAUSE_MS, note },
    { what: 'a whole checkpoint, CPU', unit: 'ms', ours: whole.cpuMs, note: first },
    { what: 'a whole checkpoint, longest pause', unit: 'ms', ours: whole.blockMs, most: PAUSE_MS, note: first },
  ];
}
