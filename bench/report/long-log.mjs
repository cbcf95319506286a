import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { encodeGroup, encodeHeader, encodeRecord, layoutOf, segmentName } from '@armature/analysis/log';
import { definitionOf, EVENT_TYPES, parseExperiments } from '@armature/sdk/protocol';

/**
 * A data directory as a busy server leaves it, of any length: decisions in four partitions drawn from moving weights,
 * and rewards minutes later. Written as it is made, so that ten million take no more memory than ten thousand.
 */
const FILE = `experiment: reader
arms: [large, medium, small, xl]
assign: request
policy: thompson
reward: { metric: correct, window: 10m }
`;
const START = Date.UTC(2026, 10, 23, 5);
const PARTITIONS = 4;
const GROUP = 500;
const SEGMENT_BYTES = 64 * 1024 * 1024;
/** Log time between two decisions, ms. */
const STEP_MS = 2;
const REWARDED = 0.3;
const LONGEST_DELAY_MS = 500_000;
const SLOTS = LONGEST_DELAY_MS / STEP_MS;
/** Each version rests on 1.25 times the decisions of the one before. */
const GROWTH = 1.25;
const FIRST_VERSION = 4000;

function mulberry(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const iso = (ms) => new Date(ms).toISOString();

function uuid(ms, n) {
  const hex = ms.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7c3a-9d2b-${n.toString(16).padStart(12, '0')}`;
}

function vectorOf(random) {
  const raw = [0, 1, 2, 3].map(() => 0.1 + random());
  const sum = raw.reduce((a, b) => a + b, 0);
  const vector = raw.slice(0, 3).map((w) => Math.round((w / sum) * 1e9));
  return [...vector, 1e9 - vector[0] - vector[1] - vector[2]].map((n) => n / 1e9);
}

/** Writes the groups of one partition, in segments. */
function partitionWriter(folder, stream) {
  mkdirSync(folder, { recursive: true });
  let offset = 0;
  let lines = [];
  let file;
  let size = 0;
  let bytes = 0;
  const put = (chunk) => {
    writeSync(file, chunk);
    size += chunk.length;
    bytes += chunk.length;
  };
  const flush = () => {
    if (lines.length === 0) return;
    if (file === undefined || size >= SEGMENT_BYTES) {
      if (file !== undefined) closeSync(file);
      const base = offset - lines.length;
      file = openSync(join(folder, segmentName(base)), 'w');
      size = 0;
      put(encodeHeader({ log: 'bench', stream, base, schema: 1 }));
    }
    put(encodeGroup(lines));
    lines = [];
  };
  return {
    add(at, event) {
      lines.push(`{"offset":${offset},"at":${at},"event":${event}}\n`);
      offset += 1;
      if (lines.length === GROUP) flush();
    },
    end() {
      flush();
      if (file !== undefined) closeSync(file);
      return { records: offset, bytes };
    },
  };
}

function writeConfig(folder, events) {
  mkdirSync(folder, { recursive: true });
  const lines = events.map((event, offset) => encodeRecord({ offset, at: START, event }));
  const header = encodeHeader({ log: 'bench', stream: 'config', base: 0, schema: 1 });
  writeFileSync(join(folder, segmentName(0)), Buffer.concat([header, encodeGroup(lines)]));
}

/**
 * Writes a log.
 *
 * @param directory made where there is none
 * @param decisions how many
 * @returns what was written
 */
export function writeLongLog(directory, decisions) {
  const parsed = parseExperiments(FILE, 'reader.yaml');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  const [body] = parsed.experiments;
  const { hash: definition } = definitionOf(body);
  const arms = body.arms.map(({ id }) => id);
  const random = mulberry(20261124);
  const layout = layoutOf(directory);
  mkdirSync(dirname(layout.meta), { recursive: true });
  writeFileSync(layout.meta, JSON.stringify({ schema: 1, id: 'bench', partitions: PARTITIONS, created: iso(START) }));
  const partitions = Array.from({ length: PARTITIONS }, (_, p) => partitionWriter(layout.partition(p), String(p)));
  const made = { specversion: '1.0', source: '/server', time: iso(START) };
  const applied = {
    experiment: 'reader',
    definition,
    action: 'applied',
    effect: 'resets-posterior',
    by: 'bench',
    body,
  };
  const config = [{ ...made, type: EVENT_TYPES.config, id: 'config-1', data: applied }];
  const envelope = (type, id, time) =>
    `{"specversion":"1.0","type":"${type}","source":"/sdk/9f3a2c","id":"${id}","time":"${iso(time)}",`;

  const waiting = Array.from({ length: SLOTS }, () => []);
  let rewards = 0;
  const rewardsAt = (slot, time) => {
    for (const { id, n } of waiting[slot]) {
      const head = envelope(EVENT_TYPES.reward, uuid(time, decisions + rewards), time);
      rewards += 1;
      partitions[n % PARTITIONS].add(
        time + 3,
        `${head}"data":{"experiment":"reader","decision":"${id}","unit":"u-${n}","metrics":{"correct":1}}}`,
      );
    }
    waiting[slot] = [];
  };
  let next = 0;
  let length = FIRST_VERSION;
  let middles = [];
  let ends = [];
  for (let n = 0; n < decisions + SLOTS; n += 1) {
    const time = START + n * STEP_MS;
    rewardsAt(n % SLOTS, time);
    if (n >= decisions) continue;
    if (n === next) {
      const version = `1.${config.length}`;
      const vector = vectorOf(random);
      const data = { experiment: 'reader', version, definition, arms, rules: { policy: vector }, means: {}, asOf: {} };
      config.push({ ...made, type: EVENT_TYPES.snapshot, id: `version-${version}`, data });
      next += Math.round(length);
      length *= GROWTH;
      ends = vector.map((_, k) => vector.slice(0, k + 1).reduce((a, b) => a + b, 0));
      middles = arms.map(
        (arm, k) =>
          `"data":{"experiment":"reader","definition":"${definition}","arm":"${arm}","propensity":${vector[k]},` +
          `"snapshot":"${version}","reason":"split","unit":"u-`,
      );
    }
    const u = random();
    const k = Math.max(
      0,
      ends.findIndex((end) => u < end),
    );
    const id = uuid(time, n);
    partitions[n % PARTITIONS].add(time + 3, `${envelope(EVENT_TYPES.decision, id, time)}${middles[k]}${n}"}}`);
    if (random() < REWARDED) waiting[(n + 1 + Math.floor(random() * (SLOTS - 1))) % SLOTS].push({ id, n });
  }
  const written = partitions.map((partition) => partition.end());
  writeConfig(layout.config, config);
  const sum = (of) => written.reduce((total, each) => total + of(each), 0);
  return {
    records: sum(({ records }) => records),
    rewards,
    versions: config.length - 1,
    bytes: sum(({ bytes }) => bytes),
  };
}
