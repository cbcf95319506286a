/** compose.yaml, as its tests read it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ROOT } from './source-tree.js';

interface Service {
  readonly image: string;
  readonly build?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: readonly string[] | Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: object;
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: object;
}

/** A file of the repository. */
export const text = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

export const readYaml = <Value>(path: string): Value => parse(text(path), { uniqueKeys: true }) as Value;

export const compose = readYaml<Compose>('compose.yaml');

/** As compose puts them in where the variable is not set. */
export const withDefaults = (value: string): string => value.replace(/\$\{\w+:-([^}]*)\}/g, '$1');

/** Figures that only a server with Kafka and Redis has. */
export const CLUSTER_FIGURES = [
  ...['armature_partition_lag', 'armature_partitions_owned', 'armature_dead_letters_total'],
  ...['armature_commits_total', 'armature_state_stale_total', 'armature_consumer_restarts_total'],
  'armature_partitions_stopped',
];
