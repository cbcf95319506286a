import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { encodeGroup, encodeHeader, encodeRecord, layoutOf, segmentName } from '@armature/analysis/log';
import { definitionOf, EVENT_TYPES, parseExperiments } from '@armature/sdk/protocol';

/** A data directory as a server under steady load leaves it: decisions drawn from moving weights, and their rewards. */
const FILE = `experiment: reader
arms: [large, medium, small, xl]
assign: request
policy: thompson
reward: { metric: correct, window: 10m }
`;
const START = Date.UTC(2026, 10, 23, 5);
const GROUP = 500;
const PER_SEGMENT = 100_000;
const PER_VERSION = 4000;
const SOURCE = '/sdk/9f3a2c';

const iso = (ms) => new Date(ms).toISOString();
function uuid(ms, n) {
  const hex = ms.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7c3a-9d2b-${n.toString(16).padStart(12, '0')}`;
}
const fraction = (...parts) => createHash('md5').update(parts.join(' ')).digest().readUInt32LE() / 2 ** 32;

/** Weights of a version in whole billionths: they move from version to version. */
function vectorOf(version) {
  const raw = [0, 1, 2, 3].map((k) => 0.1 + fraction('weight', version, k));
  const sum = raw.reduce((a, b) => a + b, 0);
  const vector = raw.slice(0, 3).map((w) => Math.round((w / sum) * 1e9));
  return [...vector, 1e9 - vector[0] - vector[1] - vector[2]].map((n) => n / 1e9);
}

function writeStream(folder, stream, records) {
  mkdirSync(folder, { recursive: true });
  let bytes = 0;
  for (let base = 0; base < records.length; base += PER_SEGMENT) {
    const part = records.slice(base, base + PER_SEGMENT);
    const chunks = [encodeHeader({ log: 'bench', stream, base, schema: 1 })];
    for (let from = 0; from < part.length; from += GROUP) {
      chunks.push(encodeGroup(part.slice(from, from + GROUP).map(encodeRecord)));
    }
    const text = Buffer.concat(chunks);
    bytes += text.length;
    writeFileSync(join(folder, segmentName(base)), text);
  }
  return bytes;
}

/**
 * Writes a log of one partition.
 *
 * @param directory made where there is none
 * @param events about how many decisions and rewards
 * @returns what was written
 */
export function writeLog(directory, events) {
  const parsed = parseExperiments(FILE, 'reader.yaml');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  const [body] = parsed.experiments;
  const { hash: definition } = definitionOf(body);
  const arms = body.arms.map(({ id }) => id);
  const envelope = (type, id, time) => ({ specversion: '1.0', type, source: SOURCE, id, time: iso(time) });
  const applied = {
    experiment: 'reader',
    definition,
    action: 'applied',
    effect: 'resets-posterior',
    by: 'bench',
    body,
  };
  const config = [{ ...envelope(EVENT_TYPES.config, 'config-1', START), data: applied }];
  const stream = [];
  const decisions = Math.round(events / 1.3);
  let vector = [];
  let rewards = 0;
  for (let n = 0; n < decisions; n++) {
    const time = START + n * 5;
    const version = `1.${1 + Math.floor(n / PER_VERSION)}`;
    if (n % PER_VERSION === 0) {
      vector = vectorOf(version);
      const data = { experiment: 'reader', version, definition, arms, rules: { policy: vector }, means: {}, asOf: {} };
      config.push({ ...envelope(EVENT_TYPES.snapshot, `version-${version}`, time), data });
    }
    const u = fraction('arm', n);
    const arm = vector.findIndex((_, k) => u < vector.slice(0, k + 1).reduce((a, b) => a + b, 0));
    const id = uuid(time, n);
    const k = arm < 0 ? 3 : arm;
    const data = { experiment: 'reader', definition, arm: arms[k], propensity: vector[k], snapshot: version };
    const decision = {
      ...envelope(EVENT_TYPES.decision, id, time),
      data: { ...data, reason: 'split', unit: `u-${n}` },
    };
    stream.push({ at: time + 3, event: decision });
    if (fraction('reward', n) > 0.3) continue;
    const later = time + 1000 + Math.floor(fraction('delay', n) * 500_000);
    const reward = { experiment: 'reader', decision: id, unit: `u-${n}`, metrics: { correct: 1 } };
    stream.push({
      at: later + 3,
      event: { ...envelope(EVENT_TYPES.reward, uuid(later, decisions + n), later), data: reward },
    });
    rewards += 1;
  }
  stream.sort((a, b) => a.at - b.at);
  const layout = layoutOf(directory);
  mkdirSync(dirname(layout.meta), { recursive: true });
  writeFileSync(layout.meta, JSON.stringify({ schema: 1, id: 'bench', partitions: 1, created: iso(START) }));
  writeStream(
    layout.config,
    'config',
    config.map((event, offset) => ({ offset, at: START, event })),
  );
  const records = stream.map((record, offset) => ({ offset, ...record }));
  const bytes = writeStream(layout.partition(0), '0', records);
  return { directory, records: records.length, decisions, rewards, versions: config.length - 1, bytes };
}
