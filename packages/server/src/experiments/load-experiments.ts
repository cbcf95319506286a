import { ArmatureError } from '@armature/sdk';
import {
  type Experiment,
  type ExperimentFile,
  experimentsError,
  faultSummary,
  notYetRun,
  parseExperimentSet,
  renderFault,
} from '@armature/sdk/protocol';

/**
 * The experiments of a set of files, if all of them can be served.
 *
 * @throws EXPERIMENTS_INVALID with every fault, NOT_SUPPORTED_YET with everything that is valid and not run
 */
export function loadExperiments(files: readonly ExperimentFile[]): readonly Experiment[] {
  const parsed = parseExperimentSet(files);
  if (!parsed.ok) throw experimentsError(parsed.faults, files.length);
  const faults = parsed.experiments.flatMap(notYetRun);
  if (faults.length === 0) return parsed.experiments;
  const row = {
    what: 'the experiments ask for something this version validates and does not run',
    do: 'remove the key, or wait for the version that runs it',
    retryable: false,
  };
  throw new ArmatureError('NOT_SUPPORTED_YET', row, {
    got: faultSummary(faults, files.length),
    todo: `change what is listed:\n${faults.map(renderFault).join('\n')}`,
  });
}
