import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EVENT_TYPES, type Snapshot } from '@armature/sdk/protocol';
import { type Engine, type EngineOptions, openEngine } from '../src/index.js';

/** A folder of its own with an experiments directory, and everything in it closed and removed at the end. */
export interface Workspace {
  readonly root: string;
  readonly experiments: string;
  readonly data: string;
  write(file: string, text: string): Promise<void>;
  open(options?: Partial<EngineOptions>): Promise<Engine>;
  dispose(): Promise<void>;
}

export async function workspace(files: { readonly [file: string]: string }): Promise<Workspace> {
  const root = await mkdtemp(join(tmpdir(), 'armature-'));
  const experiments = join(root, 'experiments');
  const data = join(root, 'data');
  await mkdir(experiments);
  const engines: Engine[] = [];
  const write = (file: string, text: string): Promise<void> => writeFile(join(experiments, file), text);
  for (const [file, text] of Object.entries(files)) await write(file, text);
  return {
    root,
    experiments,
    data,
    write,
    async open(options = {}) {
      const engine = await openEngine({ experiments, data, watch: false, ...options });
      engines.push(engine);
      return engine;
    },
    async dispose() {
      for (const engine of engines) await engine.close().catch(() => {});
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** A request-assigned bandit and a fixed split by unit. */
export const FILES = {
  'a.yaml': `experiment: reader
arms: [large, small]
assign: request
policy: thompson
update: 100ms
reward: { metric: correct, window: 1s, lateness: 0s }
metrics:
  score: { type: bounded, range: [0, 10], window: 1s, lateness: 0s }
---
experiment: button
arms: [blue, green]
reward: purchase
`,
} as const;

let counter = 0;
/** A UUIDv7 for a time. */
export function idAt(time: number): string {
  counter += 1;
  const hex = Math.floor(time).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-${counter.toString(16).padStart(12, '0')}`;
}

const iso = (time: number): string => new Date(time).toISOString();

/** A decision as a client draws it from a snapshot: for tests that choose the arm themselves. */
export function decisionOf(
  snapshot: Snapshot,
  experiment: string,
  arm: string,
  time: number,
  more: { readonly [field: string]: unknown } = {},
) {
  const served = snapshot.experiments[experiment];
  if (served === undefined) throw new Error(`no ${experiment} in the snapshot`);
  const weights = served.rules.find((rule) => rule.id === 'policy')?.weights ?? [];
  return {
    specversion: '1.0' as const,
    type: EVENT_TYPES.decision,
    source: '/test',
    id: idAt(time),
    time: iso(time),
    data: {
      experiment,
      definition: served.definition,
      arm,
      propensity: weights[served.arms.indexOf(arm)] ?? 1,
      snapshot: served.version,
      reason: 'split' as const,
      ...(served.period === undefined ? {} : { period: served.period }),
      ...more,
    },
  };
}

export function rewardOf(
  experiment: string,
  decision: string,
  metrics: { readonly [metric: string]: unknown },
  time: number,
) {
  return {
    specversion: '1.0' as const,
    type: EVENT_TYPES.reward,
    source: '/test',
    id: idAt(time),
    time: iso(time),
    data: { experiment, decision, metrics },
  };
}

/** Waits until something holds, or fails after five seconds. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  for (let i = 0; i < 500; i += 1) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`not within five seconds: ${what}`);
}
