import { EppoClient, MemoryOnlyConfigurationStore } from '@eppo/js-client-sdk-common';
import { ARMS, COUNTRY, tally, unitAt, WEIGHTS } from './units.mjs';

/**
 * Eppo 4.14 with its configuration in memory and without assignment cache. `bandit`: four actions, whose models know one
 * attribute of the user with `context`, and else are intercepts alone, the cheapest there is; without `bandit` a flag
 * with four variations and a rule.
 */
const SHARDS = 10_000;

function flagOf(bandit) {
  const everyone = [{ salt: 'traffic', ranges: [{ start: 0, end: SHARDS }] }];
  let start = 0;
  const splits = ARMS.map((variationKey, k) => {
    const end = start + Math.round(WEIGHTS[k] * SHARDS);
    const shards = [{ salt: 'button', ranges: [{ start, end }] }];
    start = end;
    return { variationKey, shards };
  });
  const rules = [{ conditions: [{ attribute: 'country', operator: 'ONE_OF', value: [COUNTRY] }] }];
  const variations = Object.fromEntries((bandit ? ['bandit'] : ARMS).map((key) => [key, { key, value: key }]));
  const allocation = bandit
    ? { key: 'all', splits: [{ variationKey: 'bandit', shards: everyone }], doLog: true }
    : { key: 'all', rules, splits, doLog: true };
  const flag = { key: 'button', enabled: true, variationType: 'STRING', variations, totalShards: SHARDS };
  return { ...flag, allocations: [allocation] };
}

/** Scores that give the actions unequal weights: gamma and floor as in Eppo's own examples. */
function modelOf(context) {
  const age = { attributeKey: 'age', coefficient: 0.001, missingValueCoefficient: 0 };
  const rest = { subjectCategoricalCoefficients: [], actionNumericCoefficients: [], actionCategoricalCoefficients: [] };
  const known = { subjectNumericCoefficients: context ? [age] : [], ...rest };
  const coefficients = Object.fromEntries(
    ARMS.map((actionKey, k) => [actionKey, { actionKey, intercept: WEIGHTS[k], ...known }]),
  );
  return { gamma: 1, defaultActionScore: 0, actionProbabilityFloor: 0.02, coefficients };
}

async function storeOf(entries) {
  const store = new MemoryOnlyConfigurationStore();
  await store.setEntries(entries);
  store.setFormat('SERVER');
  return store;
}

export async function prepare({ bandit, context = false }) {
  const variation = { key: 'bandit', flagKey: 'button', variationKey: 'bandit', variationValue: 'bandit' };
  const parameters = { banditKey: 'bandit', modelName: 'falcon', modelVersion: '1', modelData: modelOf(context) };
  const client = new EppoClient({
    flagConfigurationStore: await storeOf({ button: flagOf(bandit) }),
    banditVariationConfigurationStore: await storeOf({ button: [variation] }),
    banditModelConfigurationStore: await storeOf({ bandit: parameters }),
  });
  const counted = tally();
  const logged = { assignments: 0, actions: 0 };
  client.setAssignmentLogger({
    logAssignment() {
      logged.assignments += 1;
    },
  });
  client.setBanditLogger({
    logBanditAction({ actionProbability }) {
      if (actionProbability > 0) logged.actions += 1;
    },
  });
  let next = 0;
  const choose = bandit
    ? (n) => client.getBanditAction('button', unitAt(n), context ? { age: 20 + (n & 63) } : {}, ARMS, 'none').action
    : (n) => client.getStringAssignment('button', unitAt(n), { country: COUNTRY }, 'none');
  return {
    async run(n) {
      for (let i = 0; i < n; i++) {
        const at = next++;
        const arm = choose(at);
        if (counted.wants(at)) counted.add(arm, true);
      }
    },
    async verify(total) {
      if (logged.assignments !== total || (bandit && logged.actions !== total)) {
        throw new Error(`${total} assignments, logged ${JSON.stringify(logged)}`);
      }
      if (!bandit) counted.check(total);
      else if (ARMS.some((arm) => counted.counts.get(arm) === 0)) throw new Error('an action was never chosen');
      return {};
    },
  };
}
