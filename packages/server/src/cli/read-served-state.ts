import { foldLog } from '@armature/analysis';
import { createRegistry } from '@armature/analysis/fold';
import { layoutOf, readStream } from '@armature/analysis/log';
import type { ConfigLogEvent } from '@armature/sdk/protocol';
import type { ServedState } from '../experiments/plan-changes.js';
import { servedState } from '../experiments/served-state.js';
import { knownExperiments } from '../ingest/known-experiments.js';
import type { Progress } from './progress.js';

/**
 * What a server of this data directory serves and has learnt, read without it and while it may be running.
 *
 * @throws AnalysisError LOG_MISSING and those of a log that is not whole
 */
export async function readServedState(directory: string, shown: Progress): Promise<ServedState> {
  const { partitions } = await foldLog(directory, {
    onProgress: ({ records }) => shown.tell(`reading the log, ${records.toLocaleString('en')} records`),
  });
  const known = knownExperiments();
  const registry = createRegistry();
  for await (const records of readStream<ConfigLogEvent>(layoutOf(directory).config, 0)) {
    for (const record of records) {
      known.apply(record);
      registry.applyConfig(record.event);
    }
  }
  return servedState(registry, known, partitions);
}
