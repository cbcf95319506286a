import {
  type ConfigReading,
  type FoldProgress,
  foldPartition,
  partitionStart,
  readConfigLog,
  requireLog,
} from '@armature/analysis';
import { isCurrentState, restoreState, stateDigest } from '@armature/analysis/fold';
import { disk } from '../adapters/disk.js';
import { fileState } from '../adapters/file-state.js';
import { compareState, type StateComparison } from '../aggregation/state-comparison.js';
import type { StoredState } from '../ports.js';
import { cliError } from './cli-errors.js';
import { DATA } from './data-directory.js';
import { progress } from './progress.js';
import type { AddCommand } from './run.js';
import { tableLines } from './table.js';
import type { Terminal } from './terminal.js';

interface Replayed {
  readonly partition: number;
  readonly records: number;
  /** Offset of the first of them: 0, or where retention has deleted those before. */
  readonly from: number;
  /** SHA-256 of the state at the end of the log. */
  readonly digest: string;
  /** Compared with the state that the log gives at its offset. */
  readonly checkpoint: StateComparison;
  /** Offset of the checkpoint. */
  readonly offset: number | null;
  /** SHA-256 of the checkpoint's state, and of the log's at the same offset. */
  readonly stored: string | null;
  readonly replayed: string | null;
}

/** Checkpoints as a server would load them; nothing is written. */
async function checkpointsOf(directory: string, partitions: number) {
  const damaged = new Set<unknown>();
  const warn = (_: string, fields: { readonly [name: string]: unknown } = {}): void =>
    void damaged.add(fields.partition);
  const logger = { info: () => {}, warn, error: () => {} };
  const store = await fileState({ ...disk(), mkdir: async () => {} }, directory, logger);
  const found: (StoredState | 'damaged' | undefined)[] = [];
  for (let partition = 0; partition < partitions; partition++) {
    const checkpoint = await store.load(partition);
    found.push(damaged.has(partition) ? 'damaged' : checkpoint);
  }
  return found;
}

async function replayPartition(
  directory: string,
  partition: number,
  config: ConfigReading,
  log: string,
  checkpoint: StoredState | 'damaged' | undefined,
  onGroup: (records: number) => void,
): Promise<Replayed> {
  const { state, floor } = await partitionStart(directory, partition, log, config.registry);
  const from = floor?.offset ?? 0;
  const stored = typeof checkpoint === 'object' ? checkpoint : undefined;
  let found: string | undefined;
  const look = (): void => {
    found = stateDigest(state);
  };
  const at = stored === undefined ? {} : { at: { offset: stored.offset, look } };
  await foldPartition(directory, partition, config, state, { onGroup, ...at });
  const written =
    stored === undefined || !isCurrentState(stored.head) ? undefined : restoreState(stored, config.registry);
  const digest = written === undefined ? undefined : stateDigest(written);
  return {
    partition,
    records: state.offset - from,
    from,
    digest: stateDigest(state),
    checkpoint:
      typeof checkpoint === 'object'
        ? compareState(checkpoint, { log, from, digest, replayed: found })
        : (checkpoint ?? 'none'),
    offset: stored?.offset ?? null,
    stored: digest ?? null,
    replayed: found ?? null,
  };
}

async function replay(directory: string, onProgress: (at: FoldProgress) => void): Promise<readonly Replayed[]> {
  const { id, partitions } = await requireLog(directory);
  const checkpoints = await checkpointsOf(directory, partitions);
  const config = await readConfigLog(directory);
  const results: Replayed[] = [];
  let records = 0;
  for (let partition = 0; partition < partitions; partition++) {
    const onGroup = (count: number): void => {
      records += count;
      onProgress({ partition, partitions, records });
    };
    results.push(await replayPartition(directory, partition, config, id, checkpoints[partition], onGroup));
  }
  return results;
}

function print(results: readonly Replayed[], terminal: Terminal): void {
  const { green, red, dim } = terminal.colours;
  const columns = [
    { title: 'partition', right: true },
    { title: 'records', right: true },
    { title: 'digest' },
    { title: 'checkpoint at', right: true },
    { title: 'compared' },
  ];
  const rows = results.map(({ partition, records, digest, offset, checkpoint }) => [
    String(partition),
    records.toLocaleString('en'),
    digest.slice(0, 16),
    offset?.toLocaleString('en') ?? '-',
    checkpoint === 'none' ? 'no checkpoint' : checkpoint,
  ]);
  const [head, ...lines] = tableLines(columns, rows);
  terminal.out(dim(head ?? ''));
  for (const [index, line] of lines.entries()) terminal.out(isFault(results[index]) ? red(line) : line);
  for (const { partition, from } of results.filter((result) => result.from > 0)) {
    terminal.out(
      dim(`partition ${partition} is folded on from record ${from.toLocaleString('en')}: those before were deleted`),
    );
  }
  if (results.some(isFault)) return;
  const same = results.filter(({ checkpoint }) => checkpoint === 'same').length;
  const text = `${same} of ${results.length} checkpoints compared, all the same bytes`;
  terminal.out(same === 0 ? dim('no checkpoint to compare with') : green(text));
}

function isFault(result: Replayed | undefined): boolean {
  return result !== undefined && !['same', 'none', 'before the log', 'of another version'].includes(result.checkpoint);
}

/** `armature replay`: folds the log anew and compares with the checkpoints, byte for byte. */
export const replayCommand: AddCommand = (program, terminal) => {
  program
    .command('replay')
    .description('fold the log from its beginning and compare with the checkpoints')
    .argument('[directory]', 'data directory', DATA)
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  $ armature replay .armature')
    .action(async (directory: string, options: { readonly json?: boolean }) => {
      const shown = progress(terminal);
      const results = await replay(directory, ({ partition, partitions, records }) =>
        shown.tell(`replaying partition ${partition + 1} of ${partitions}, ${records.toLocaleString('en')} records`),
      ).finally(() => shown.end());
      const same = !results.some(isFault);
      if (options.json) terminal.out(JSON.stringify({ same, partitions: results }, null, 2));
      else print(results, terminal);
      if (same) return;
      const faults = results.filter(isFault).map(({ partition, checkpoint }) => `partition ${partition} ${checkpoint}`);
      throw cliError('REPLAY_DIFFERS', { got: faults.join(', ') });
    });
};
