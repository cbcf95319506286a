import { ARMS, COUNTRY, WEIGHTS } from './units.mjs';

const definition = `sha256:${'5e'.repeat(32)}`;

/** The experiment that is decided, drawn among four arms. */
function button({ assign, condition, period }) {
  return {
    version: '1.1',
    hash: 1,
    salt: 'button',
    definition,
    assign,
    status: 'running',
    control: 'blue',
    arms: ARMS,
    ...(period === undefined ? {} : { period }),
    rules: [
      {
        id: 'policy',
        ...(condition ? { if: [{ attribute: 'country', op: 'is', value: COUNTRY }] } : {}),
        weights: WEIGHTS,
      },
    ],
  };
}

/**
 * What stands before the draw of a grown product: two rules for single people that do not hold here, a holdout that all
 * experiments share, and a slot of a layer. Both let every key pass that this bench counts, or arms would be missing.
 */
function staged(experiment) {
  const one = (id, attribute, value, arm) => ({
    id,
    if: [{ attribute, op: 'ends', value }],
    weights: ARMS.map((_, k) => (k === arm ? 1 : 0)),
    randomised: false,
  });
  const rules = [one('qa', 'email', '@acme.test', 2), one('staff', 'email', '@staff.test', 1), ...experiment.rules];
  const holdout = { name: 'everyone', share: 1e-9 };
  const layer = { name: 'page', slot: [1e-9, 1] };
  return { ...experiment, holdout, layer, rules };
}

/**
 * A snapshot as the server publishes it.
 *
 * @param loaded how many experiments it has; beyond one, all of them have rules, a holdout and a layer
 */
export function snapshotOf({ loaded = 1, ...design }) {
  const own = button(design);
  const names = Array.from({ length: loaded - 1 }, (_, n) => `other-${n}`);
  const others = names.map((name) => [name, staged({ ...own, salt: name })]);
  return {
    schema: 1,
    version: '1.1',
    hash: `sha256:${'00'.repeat(32)}`,
    issued: new Date().toISOString(),
    experiments: { button: loaded > 1 ? staged(own) : own, ...Object.fromEntries(others) },
  };
}
