import type { Decision } from '@armature/sdk';
import { prepareStages, type Stage, stageUniform } from '@armature/sdk/policies';
import type { SnapshotExperiment } from '@armature/sdk/protocol';
import { tableLines } from './table.js';
import type { Terminal } from './terminal.js';

/** One stage before the draw, and what it did with a key. */
export interface MetStage {
  readonly stage: Stage;
  /** What the stage hashes its keys with: the name of a layer or a holdout, or the experiment's salt. */
  readonly salt: string;
  /** The unit, or what is drawn by where there is none. */
  readonly key: string;
  /** In (0, 1), from salt and key alone. */
  readonly uniform: number;
  /** A key passes with from <= uniform < to. */
  readonly from: number;
  readonly to: number;
  readonly passed: boolean;
}

/** The stages that a decision met, up to the one that stopped it; none where something else decided before. */
export function metStages(experiment: SnapshotExperiment, decision: Decision): readonly MetStage[] {
  if (decision.outer === undefined) return [];
  const { salt, holdout, layer } = experiment;
  const salts = { holdout: holdout?.name ?? salt, layer: layer?.name ?? salt, traffic: salt };
  const key = decision.unit ?? decision.requestId ?? decision.id;
  const met: MetStage[] = [];
  for (const { stage, prefix, from, to } of prepareStages(salt, experiment)) {
    const uniform = stageUniform(prefix, key);
    const passed = from <= uniform && uniform < to;
    met.push({ stage, salt: salts[stage], key, uniform, from, to, passed });
    if (!passed) break;
  }
  return met;
}

const share = (value: number): string => `${Number((100 * value).toPrecision(12))}%`;

/** The stages as a table, a line each, with an empty line before. */
export function stageLines(stages: readonly MetStage[], { dim, green }: Terminal['colours']): readonly string[] {
  if (stages.length === 0) return [];
  const columns = [
    { title: 'stage' },
    { title: 'hashed with' },
    ...['u', 'passes', 'probability'].map((title) => ({ title, right: true })),
  ];
  const rows = stages.map(({ stage, salt, uniform, from, to }) => [
    stage,
    salt,
    uniform.toFixed(9),
    `${share(from)} .. ${share(to)}`,
    share(Math.round((to - from) * 1e9) / 1e9),
  ]);
  const [head = '', ...lines] = tableLines(columns, rows);
  const marked = lines.map((text, i) => (stages[i]?.passed ? text : green(`${text}  outside: stopped here`)));
  return ['', dim(head), ...marked];
}
