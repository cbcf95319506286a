import type { CatalogueEntry } from './catalogue.js';
import { type CompiledSnapshot, compareVersions, compileSnapshot } from './compiled-snapshot.js';
import type { Subject } from './decide.js';
import type { Snapshot } from './protocol/snapshot.js';
import type { Known } from './reward.js';

/** What `install` did with a snapshot. */
export type Installed = 'new' | 'same' | 'older';

/** What a client decides from at the moment: the snapshot in use, how fresh it is, and what the code knows. */
export interface Serving {
  readonly snapshot: Snapshot | undefined;
  /**
   * Takes a newer snapshot into use; any other one too where `instead` says so.
   *
   * @throws ArmatureError SNAPSHOT_REFUSED; then the one in use stays
   */
  install(snapshot: Snapshot, confirmedAt: number, instead?: boolean): Installed;
  /** Notes that the server confirmed the snapshot in use, by the local clock. */
  confirm(at: number): void;
  readonly confirmedAt: number;
  /** ms since the server last confirmed the snapshot; 0 without one, and where there is no server. */
  ageMs(local: number): number;
  subject(experiment: string): Subject;
  readonly names: readonly string[];
  /** Keys of what is kept of a unit: one for each running experiment of `assign: sticky`. */
  readonly lineages: readonly string[];
  readonly known: Known;
  /** Experiments with arms that the catalogue has not: its types are out of date. */
  outdated(): string[];
}

/** Whether the snapshot has arms that the catalogue's entry, if there is one, has not. */
const hasMore = (arms: readonly string[], entry: object | undefined): boolean =>
  entry !== undefined && arms.some((arm) => !Object.hasOwn(entry, arm));

/**
 * @param known entries of the catalogue
 * @param overrides forced arms, by experiment
 * @param online whether there is a server: without one no snapshot ages
 */
export function serving(
  known: ReadonlyMap<string, CatalogueEntry>,
  overrides: ReadonlyMap<string, string>,
  online: boolean,
): Serving {
  let current: CompiledSnapshot | undefined;
  let confirmedAt = 0;
  let subjects = new Map<string, Subject>();

  const names = (): string[] => [...new Set([...known.keys(), ...(current?.experiments.keys() ?? [])])];
  const makeSubject = (name: string): Subject => ({
    name: String(name),
    experiment: current?.experiments.get(name),
    known: known.get(name),
    forced: overrides.get(name),
    absent: current === undefined ? 'NO_SNAPSHOT' : 'UNKNOWN_EXPERIMENT',
  });
  const prepare = (): void => {
    subjects = new Map(names().map((name) => [name, makeSubject(name)]));
  };
  prepare();
  return {
    get snapshot() {
      return current?.source;
    },
    install(snapshot, at, instead = false) {
      if (current !== undefined && typeof snapshot?.version === 'string') {
        const order = compareVersions(snapshot.version, current.source.version);
        if (order === 0) confirmedAt = Math.max(confirmedAt, at);
        if (order === 0) return 'same';
        if (order < 0 && !instead) return 'older';
      }
      current = compileSnapshot(snapshot);
      confirmedAt = at;
      prepare();
      return 'new';
    },
    confirm(at) {
      confirmedAt = at;
    },
    get confirmedAt() {
      return confirmedAt;
    },
    ageMs: (local) => (online && current !== undefined ? Math.max(0, local - confirmedAt) : 0),
    // Unknown names are not kept, or a caller could fill the memory with them.
    subject: (name) => subjects.get(name) ?? makeSubject(name),
    get names() {
      return [...subjects.keys()];
    },
    get lineages() {
      return current?.lineages ?? [];
    },
    known(name) {
      const entry = known.get(name);
      return { reward: entry?.reward ?? current?.experiments.get(name)?.reward, metrics: entry?.metrics };
    },
    outdated: () =>
      names().filter((name) => hasMore(current?.experiments.get(name)?.arms ?? [], known.get(name)?.arms)),
  };
}
