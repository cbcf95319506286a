import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeLongLog } from './long-log.mjs';

export const title = 'report: armature report on a log of four partitions, without checkpoints';
const COMMAND = fileURLToPath(new URL('../../packages/server/bin/armature.js', import.meta.url));
const MEASURED = new URL('./measured.mjs', import.meta.url).href;
const MILLION = 1_000_000;
/** CPU seconds and memory for ten million decisions. */
const GOAL = { seconds: 20, megabytes: 1500 };

/** Runs the command as a user does; resolves with what it cost, and its lines of progress. */
function reported(directory) {
  return new Promise((resolve, reject) => {
    const args = ['--import', MEASURED, COMMAND, 'report', directory, '--json'];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    let out = '';
    let progress = '';
    let cost;
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    child.stderr.on('data', (chunk) => {
      progress += chunk;
    });
    child.on('message', (message) => {
      cost = message;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code !== 0 || cost === undefined) reject(new Error(`the report ended with ${code}: ${progress.slice(-500)}`));
      else resolve({ ...cost, report: JSON.parse(out)[0], told: progress.split('\n').filter(Boolean).length });
    });
  });
}

async function rowsOf(decisions) {
  const directory = mkdtempSync(join(tmpdir(), 'armature-bench-'));
  try {
    const log = writeLongLog(directory, decisions);
    const { cpuSeconds, megabytes, report, told } = await reported(directory);
    const counted = report.trials.opened;
    if (counted !== decisions) throw new Error(`the report counted ${counted} of ${decisions} decisions`);
    const what = `report on ${decisions / MILLION} M decisions`;
    const ofTen = decisions === 10 * MILLION;
    const note = `${log.records} records, ${(log.bytes / 1e6).toFixed(0)} MB, ${told} lines of progress`;
    return [
      { what, unit: 's CPU', ours: cpuSeconds, ...(ofTen ? { most: GOAL.seconds } : {}), note },
      { what, unit: 'MB', ours: megabytes, ...(ofTen ? { most: GOAL.megabytes } : {}) },
      { what, unit: 'us CPU', ours: (cpuSeconds * 1e6) / log.records, note: 'a record' },
    ];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** @param long whether to measure ten million decisions too: five gigabytes, and minutes */
export async function measure({ onRound, long }) {
  const sizes = long ? [MILLION, 10 * MILLION] : [MILLION];
  const rows = [];
  for (const [round, decisions] of sizes.entries()) {
    onRound(round, sizes.length);
    rows.push(...(await rowsOf(decisions)));
  }
  return rows;
}
