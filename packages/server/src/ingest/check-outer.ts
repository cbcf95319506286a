import { type StageOdds, stageOdds } from '@armature/sdk/policies';
import type { DecisionData, Experiment } from '@armature/sdk/protocol';
import { type Fault, fault } from './fault.js';

const known = new WeakMap<Experiment, StageOdds>();

/** Definitions never change, and every decision asks. */
function oddsOf(definition: Experiment): StageOdds {
  const before = known.get(definition);
  if (before !== undefined) return before;
  const odds = stageOdds(definition);
  known.set(definition, odds);
  return odds;
}

/** Whether a decision says the right probability of what the stages before the draw did to it. */
export function outerFault(data: DecisionData, definition: Experiment): Fault | undefined {
  const { reason, outer } = data;
  const odds = oddsOf(definition);
  const wanted = expected(data, odds);
  if (wanted === undefined ? outer === undefined : outer === wanted || (outer === undefined && wanted === 1)) {
    return undefined;
  }
  const given = outer === undefined ? 'outer is missing' : `outer is ${outer}`;
  const right = wanted === undefined ? 'has none' : wanted === 0 ? 'cannot come about' : `has ${wanted}`;
  const got = `${given}, and a decision of ${definition.id} with reason ${reason} ${right}`;
  return fault('OUTER_MISMATCH', '/data/outer', got);
}

/** Undefined where no stage was met: something else decided before. */
function expected({ reason, outer }: DecisionData, odds: StageOdds): number | undefined {
  if (reason === 'split' || reason === 'sticky') return odds.drawn;
  if (reason === 'holdout') return odds.holdout;
  // Without outer it is the audience that excluded.
  return reason === 'excluded' && outer !== undefined ? odds.excluded : undefined;
}
