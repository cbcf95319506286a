import { createReadStream } from 'node:fs';
import { applyRecord, createRegistry, emptyState, healthOf } from '@armature/analysis/fold';
import { layoutOf, listSegments, readConfig, readPartition } from '@armature/analysis/log';

/**
 * Reads a whole log. `bare`: chunks, lines, JSON.parse; `log`: the log's reader, which checks groups and offsets;
 * `fold`: that reader and the fold. An operation is the whole log.
 */
const NEWLINE = 10;

async function readBare(directory) {
  let records = 0;
  let offsets = 0;
  for (const { path } of await listSegments(layoutOf(directory).partition(0))) {
    let rest = Buffer.alloc(0);
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let from = 0;
      for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, from)) {
        const { offset } = JSON.parse(bytes.toString('utf8', from, at));
        if (offset !== undefined) {
          records += 1;
          offsets += offset;
        }
        from = at + 1;
      }
      rest = bytes.subarray(from);
    }
  }
  return { records, offsets };
}

async function readRecords(directory) {
  let records = 0;
  let offsets = 0;
  for await (const group of readPartition(directory, 0)) {
    for (const { offset } of group) {
      records += 1;
      offsets += offset;
    }
  }
  return { records, offsets };
}

async function readAndFold(directory) {
  const registry = createRegistry();
  for await (const group of readConfig(directory)) for (const { event } of group) registry.applyConfig(event);
  const state = emptyState();
  for await (const group of readPartition(directory, 0)) {
    for (const record of group) applyRecord(state, record, registry);
  }
  const health = healthOf(state).get('reader');
  return { records: state.offset, health, open: state.trials.size };
}

const readers = { bare: readBare, log: readRecords, fold: readAndFold };

export async function prepare({ how, log }) {
  let last;
  return {
    least: 1,
    async run(n) {
      for (let i = 0; i < n; i++) last = await readers[how](log.directory);
    },
    async verify() {
      if (last.records !== log.records) throw new Error(`${last.records} of ${log.records} records were read`);
      if (how !== 'fold') {
        const all = (log.records * (log.records - 1)) / 2;
        if (last.offsets !== all) throw new Error('not every offset was read');
        return {};
      }
      const { decisions, rewards, propensityMismatch, duplicates, late } = last.health;
      if (decisions !== log.decisions || rewards !== log.rewards || propensityMismatch + duplicates + late > 0) {
        throw new Error(`the fold counted ${JSON.stringify(last.health)}`);
      }
      return { open: last.open };
    },
  };
}
