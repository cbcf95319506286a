import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '@armature/analysis';
import { layoutOf, listSegments } from '@armature/analysis/log';
import { createClient } from '@armature/sdk';
import { EVENT_TYPES } from '@armature/sdk/protocol';
import { afterEach, expect, test } from 'vitest';
import { expectSameCells, foldedCells, naiveCells } from '../oracles/naive-cells.js';
import { naiveJoin } from '../oracles/naive-join.js';
import { reportRow } from './fault-report.js';
import { readBack } from './read-back.js';
import { BINARY, freePort, type ServerProcess, serverProcess } from './server-process.js';
import { createWriter } from './writer.js';

/** `node scripts/kill.mjs --kills 200 --seed 7` sets these; without it a short run with a new seed each time. */
const KILLS = Number(process.env.ARMATURE_KILLS ?? 20);
const SEED = Number(process.env.ARMATURE_SEED ?? Date.now() % 1_000_000);
const PARTITIONS = 3;

let server: ServerProcess | undefined;
let data: string | undefined;
afterEach(async () => {
  await server?.kill();
  if (data !== undefined) await rm(data, { recursive: true, force: true });
});

/** The log folded from its first record on, by a process of its own. */
function replay(directory: string): { readonly same: boolean; readonly partitions: readonly { records: number }[] } {
  const { stdout } = spawnSync(process.execPath, [BINARY, 'replay', directory, '--json'], { encoding: 'utf8' });
  return JSON.parse(stdout);
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until every trial has closed: windows of two seconds, and after a start a grace as long as its outage and more. */
async function allClosed(url: string): Promise<void> {
  for (let n = 0; n < 600; n += 1) {
    await pause(200);
    const figures = await (await fetch(`${url}/metrics`)).text();
    const open = [...figures.matchAll(/^armature_trials_open\{[^}]*\} (\d+)$/gm)].map(([, count]) => Number(count));
    if (figures.includes('armature_trials_open') && open.every((count) => count === 0)) return;
  }
  throw new Error('trials that do not close within two minutes');
}

test(
  `kill -9 at ${KILLS} random moments under load: every accepted event counts once (seed ${SEED})`,
  async () => {
    const random = createRandom(SEED);
    data = await mkdtemp(join(tmpdir(), 'armature-kill-'));
    const flags = ['--segment-bytes', '64KiB']; // so that segments follow each other all the time
    server = serverProcess({ data, port: await freePort(), partitions: PARTITIONS, flags });
    await server.start();
    const { url } = server;
    const writer = createWriter(url, random, Math.max(1, Math.round(80 / KILLS)), 0.15);
    const client = createClient({ url, logger: false, outbox: { everyMs: 50 } });
    await client.ready();

    let writing = true;
    let decided = 0;
    const writes = (async () => {
      while (writing) await writer.step();
      await writer.finish();
    })();
    const decides = (async () => {
      for (; writing; decided += 1) {
        const decision = client.decide('clicks');
        if (decided % 3 === 0) client.reward(decision, true);
        const unit = `visitor-${decided}`;
        if (decided % 4 === 0) client.decide('pages', { unit });
        if (decided % 8 === 0) client.reward({ experiment: 'pages', unit }, true);
        await pause(KILLS > 50 ? 100 : 20);
      }
    })();
    const recoveries: number[] = [];
    let kills = 0;
    while (kills < KILLS) {
      await pause(50 + random() * 400);
      await server.kill();
      kills += 1;
      if (kills < KILLS && random() < 0.25) {
        await server.killStarting(random() * 1000); // while it recovers from the one before
        kills += 1;
      }
      const killedAt = Date.now();
      await server.start();
      recoveries.push(Date.now() - killedAt);
    }
    writing = false;
    await Promise.all([writes, decides]);
    const outbox = await client.close({ timeoutMs: 20_000 });
    await allClosed(url);
    expect(await server.stop()).toBe(0);

    const read = await readBack(data);
    const events = read.records.flat().map(({ event }) => event);
    const inLog = new Set(events.map(({ id }) => id));
    expect([...writer.accepted].filter((id) => !inLog.has(id))).toEqual([]);
    expect(writer.accepted.size).toBe(writer.made);

    // the client's own books, and what of it is in the log
    const { produced, sent, queued, dropped } = outbox;
    expect(produced).toBe(sent + queued + dropped.full + dropped.rejected + dropped.expired + dropped.closed);
    expect(outbox).toMatchObject({ sent: produced, queued: 0 });
    const fromClient = new Set(events.filter(({ source }) => source.startsWith('/sdk/')).map(({ id }) => id));
    expect(fromClient.size).toBe(sent);

    // each distinct decision and reward was counted once, though many stand in the log twice
    const distinct = (type: string) => new Set(events.filter((event) => event.type === type).map(({ id }) => id)).size;
    const total = (pick: 'decisions' | 'rewards' | 'duplicates' | 'propensityMismatch' | 'invalid' | 'unmatched') =>
      [...read.health.values()].reduce((sum, health) => sum + health[pick], 0);
    expect(total('decisions')).toBe(distinct(EVENT_TYPES.decision));
    expect(total('rewards')).toBe(distinct(EVENT_TYPES.reward));
    expect(total('duplicates')).toBeGreaterThanOrEqual(writer.repeated);
    expect([total('propensityMismatch'), total('invalid'), total('unmatched')]).toEqual([0, 0, 0]);

    const trials = read.records.flatMap((records) => naiveJoin(records, read.registry));
    const cells = naiveCells(trials, read.registry);
    expectSameCells(foldedCells(read.statistics, read.registry), cells);
    expect(read.refolded).toEqual(read.checkpoints);
    const replayed = replay(data);
    expect(replayed).toMatchObject({ same: true });
    expect(replayed.partitions.map(({ records }) => records)).toEqual(read.records.map((records) => records.length));

    const counted = [...cells]
      .filter(([key]) => / (click|read)$/.test(key))
      .reduce((sum, [, cell]) => sum + cell.trials, 0);
    expect(counted).toBe(trials.length);
    recoveries.sort((a, b) => a - b);
    const torn = server.said.split('torn tail cut').length - 1;
    const folders = Array.from({ length: PARTITIONS }, (_, p) => layoutOf(data ?? '').partition(p));
    const segments = (await Promise.all(folders.map(listSegments))).flat().length;
    expect(segments).toBeGreaterThan(PARTITIONS);
    reportRow('Kills', {
      seed: String(SEED),
      kills,
      'events accepted': inLog.size,
      'sent again': writer.repeated,
      lost: 0,
      doubled: 0,
      trials: trials.length,
      segments,
      'torn tails cut': torn,
      'start, median': `${recoveries[Math.floor(recoveries.length / 2)]} ms`,
      'start, longest': `${recoveries.at(-1)} ms`,
    });
    console.log(
      `seed ${SEED}: ${kills} kills, ${inLog.size} events accepted, ${writer.repeated} sent again on purpose, ` +
        `${total('duplicates')} duplicates in the log, lost 0, doubled 0, ${trials.length} trials; ${segments} segments, ${torn} torn tails cut; ` +
        `start after a kill ${recoveries[Math.floor(recoveries.length / 2)]} ms median, ${recoveries.at(-1)} ms longest`,
    );
  },
  180_000 + KILLS * 2500,
);
