import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { encodeGroup, encodeHeader, encodeRecord, layoutOf, segmentName } from '@armature/analysis/log';
import {
  type ConfigLogEvent,
  type DecisionData,
  definitionOf,
  EVENT_TYPES,
  type Experiment,
  type LogEvent,
  type LogRecord,
  parseExperiments,
  type SnapshotData,
} from '@armature/sdk/protocol';
import { createRandom } from '../src/index.js';

/** A data directory as a server would have left it, with trials drawn by a seeded generator. */
export const START = Date.UTC(2026, 10, 23, 5, 0);
const FILES = `experiment: headline
arms: [a, b, c]
assign: request
policy: thompson
reward: { metric: click, window: 10m }
metrics:
  latency_ms: { type: real, better: lower, maturity: immediate, missing: ignored, combine: first, window: 10m }
---
experiment: page
arms: [new, old]
control: old
reward: { metric: spend, type: real, window: 10m }
`;

export interface LogPlan {
  readonly seed: number;
  readonly partitions: number;
  /** Decisions of each experiment. */
  readonly decisions: number;
  /** Decisions of one version of `headline`. */
  readonly perVersion: number;
  /** Records between two check lines. */
  readonly group?: number;
}

interface Written {
  readonly experiments: readonly Experiment[];
  readonly config: readonly ConfigLogEvent[];
  readonly partitions: readonly (readonly LogRecord<LogEvent>[])[];
}

const iso = (ms: number): string => new Date(ms).toISOString();
const uuid = (ms: number, n: number): string => {
  const hex = ms.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-${String(n).padStart(12, '0')}`;
};
const envelope = (id: string, time: number) => ({ specversion: '1.0', source: '/test', id, time: iso(time) }) as const;

/** Makes the events of a plan: trends, late and repeated rewards, decisions that were not randomised. */
export function generateLog(plan: LogPlan): Written {
  const parsed = parseExperiments(FILES, 'test.yaml');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  const random = createRandom(plan.seed);
  const config: ConfigLogEvent[] = [];
  const streams: { at: number; event: LogEvent }[][] = Array.from({ length: plan.partitions }, () => []);
  let ids = 0;
  for (const body of parsed.experiments) {
    const { hash } = definitionOf(body);
    const data = { experiment: body.id, definition: hash, body, by: 'test' };
    const effect = 'resets-posterior' as const;
    config.push({
      ...envelope(`config-${body.id}`, START),
      type: EVENT_TYPES.config,
      data: { ...data, action: 'applied', effect },
    });
    const arms = body.arms.map(({ id }) => id);
    let version: SnapshotData | undefined;
    for (let t = 0; t < plan.decisions; t++) {
      const time = START + t * 2000;
      if (version === undefined || (body.id === 'headline' && t % plan.perVersion === 0)) {
        version = versionOf(body, hash, arms, 1 + t / plan.perVersion, random);
        config.push({ ...envelope(uuid(time, ids++), time), type: EVENT_TYPES.snapshot, data: version });
      }
      const stream = streams[Math.floor(random() * plan.partitions)]!;
      const id = uuid(time, ids++);
      const vector = version.rules.policy!;
      const arm = pick(vector, random());
      const chosen = random() < 0.01 ? { reason: 'default' as const } : { reason: 'split' as const };
      const decision: DecisionData = {
        experiment: body.id,
        definition: hash,
        arm: arms[arm]!,
        propensity: vector[arm]!,
        snapshot: version.version,
        ...chosen,
        ...(body.assign === 'unit' ? { unit: `u-${t}` } : {}),
      };
      stream.push({ at: time + 5, event: { ...envelope(id, time), type: EVENT_TYPES.decision, data: decision } });
      const metrics = rewardsOf(body.id, arm, t / plan.decisions, random);
      if (metrics === undefined) continue;
      const later = time + 1 + Math.floor(random() * 650_000);
      const unit = decision.unit === undefined ? {} : { unit: decision.unit };
      stream.push({
        at: later + 5,
        event: {
          ...envelope(uuid(later, ids++), later),
          type: EVENT_TYPES.reward,
          data: { experiment: body.id, decision: id, ...unit, metrics },
        },
      });
    }
  }
  const partitions = streams.map((stream, p) => {
    const end = START + plan.decisions * 2000;
    stream.push({ at: end, event: { ...envelope(`tick-${p}`, end), type: EVENT_TYPES.tick, data: {} } });
    return stream.sort((x, y) => x.at - y.at).map((record, offset) => ({ offset, ...record }));
  });
  const inTime = config.sort((a, b) => Date.parse(a.time) - Date.parse(b.time));
  return { experiments: parsed.experiments, config: inTime, partitions };
}

function versionOf(
  { id }: Experiment,
  definition: string,
  arms: readonly string[],
  sequence: number,
  random: () => number,
): SnapshotData {
  const moving = arms.map(() => 0.1 + random());
  const sum = moving.reduce((a, b) => a + b, 0);
  const policy = id === 'page' ? [0.5, 0.5] : moving.map((w) => Math.round((1e9 * w) / sum) / 1e9);
  const means = id === 'page' ? { spend: [0, 0] } : { click: arms.map(() => random() / 5), latency_ms: [20, 21, 22] };
  return { experiment: id, version: `1.${Math.round(sequence)}`, definition, arms, rules: { policy }, means, asOf: {} };
}

function rewardsOf(experiment: string, arm: number, progress: number, random: () => number) {
  if (experiment === 'page')
    return random() < 0.4 ? { spend: -40 * Math.log(1 - random()) * (1 + arm / 4) } : undefined;
  const click = random() < 0.08 + 0.03 * arm + 0.05 * progress ? { click: 1 } : {};
  const metrics = { ...click, latency_ms: 15 + 3 * arm + 10 * random() };
  return random() < 0.9 ? metrics : undefined;
}

function pick(vector: readonly number[], u: number): number {
  let rest = u;
  for (let k = 0; k < vector.length - 1; k++) {
    rest -= vector[k]!;
    if (rest < 0) return k;
  }
  return vector.length - 1;
}

/** Writes a generated log into a directory, in segments whose groups carry their check lines. */
export function writeLog(directory: string, { config, partitions }: Written, group = 500): void {
  const layout = layoutOf(directory);
  mkdirSync(directory, { recursive: true });
  const meta = { schema: 1, id: 'log-1', partitions: partitions.length, created: iso(START) };
  writeFileSync(layout.meta, `${JSON.stringify(meta)}\n`);
  const at = START;
  writeStream(
    layout.config,
    'config',
    config.map((event, offset) => ({ offset, at, event })),
    group,
  );
  partitions.forEach((records, p) => {
    writeStream(layout.partition(p), String(p), records, group);
  });
}

function writeStream(folder: string, stream: string, records: readonly LogRecord<unknown>[], group: number): void {
  const path = join(folder, segmentName(0));
  mkdirSync(dirname(path), { recursive: true });
  const parts = [encodeHeader({ log: 'log-1', stream, base: 0, schema: 1 })];
  for (let from = 0; from < records.length; from += group) {
    parts.push(encodeGroup(records.slice(from, from + group).map(encodeRecord)));
  }
  writeFileSync(path, Buffer.concat(parts));
}
