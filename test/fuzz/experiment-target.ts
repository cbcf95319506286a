import { definitionOf, notYetRun, parseExperiments, renderFault, secretsIn } from '@armature/sdk/protocol';
import { mustHold, type Target } from './target.js';

const CORPUS = [
  'experiment: checkout\narms: [green, blue]\nreward: purchase\n',
  'experiment: a\narms: { x: { weight: 30%, value: { n: 1 } }, y: { weight: 70% } }\npolicy: thompson\nreward: m\n',
  'experiment: a\narms: [x, y]\nreward: { metric: m, type: bounded, window: 10m, range: [0, 1] }\nassign: request\n',
  'experiment: a\narms:\n  x: { backend: "http://m:1/" }\n  y:\nrollout: { arm: y, steps: [1%, 100%], bake: 10m }\n',
  'experiment: a\narms: [x, y]\naudience: [{ attribute: c, op: in, value: [NL] }]\noverrides: [{ unit: u, arm: x }]\n',
  'experiment: a\narms: [x, y]\nlayer: { name: l, slot: [0%, 50%] }\n---\nexperiment: b\narms: [x, y]\nsalt: "é"\n',
];

const WORDS = [
  ...['experiment: ', 'arms: ', 'reward: ', 'policy: ', 'weight: ', 'window: ', 'range: ', 'value: ', 'salt: ', 'x: '],
  ...[
    '\n',
    '\n  ',
    '\n- ',
    '---\n',
    '- ',
    ': ',
    '? ',
    '[',
    ']',
    '{ ',
    ' }',
    ', ',
    '"',
    "'",
    '|\n',
    '>\n',
    '#',
    '&a ',
    '*a',
    '!!x ',
  ],
  ...[
    '%YAML 1.1\n',
    '<<: ',
    '5%',
    '10m',
    '.nan',
    '.inf',
    '1.10',
    'true',
    'no',
    '~',
    'x',
    'y',
    'thompson',
    '\t',
    '- - - - ',
  ],
];

/** An experiment file: frozen experiments, or faults with their places; never a throw. */
export const experiment: Target = {
  name: 'experiment',
  corpus: CORPUS,
  words: WORDS,
  run(input) {
    const text = input.toString('utf8');
    const parsed = parseExperiments(text, 'a.yaml');
    if (!parsed.ok) {
      mustHold(parsed.faults.length > 0, 'refused without a fault');
      for (const fault of parsed.faults) {
        const placed = /^a\.yaml:[1-9]\d*:[1-9]\d*( |:)/.test(renderFault(fault));
        mustHold(placed, `a fault without its place: ${renderFault(fault)}`);
      }
      return;
    }
    for (const one of parsed.experiments) {
      mustHold(Object.isFrozen(one) && one.arms.some(({ id }) => id === one.control), 'an experiment without control');
      mustHold(definitionOf(one).hash.startsWith('sha256:'), 'an experiment without a hash');
      notYetRun(one);
      secretsIn(one);
    }
  },
};
