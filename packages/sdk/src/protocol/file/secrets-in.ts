import type { Experiment, JsonValue } from '../experiment.js';
import type { Fault } from './faults.js';

const WHAT = 'what looks like a secret: the file is shared, and clients are served its values';
const TODO = 'keep the secret where the value is used, and name it here';

/** Keys whose text is meant for nobody else. */
const SECRET_KEY = /(secret|passw(or)?d|passphrase|token|api[_-]?key|private[_-]?key|credential|authorization)$/i;
/** Forms that the issuers of keys use. */
const SECRET_FORM =
  /^(sk-[\w-]{16,}|AKIA[0-9A-Z]{16}|gh[pousr]_\w{20,}|github_pat_\w{20,}|xox[abpr]-[\w-]{10,}|glpat-[\w-]{16,}|ya29\.[\w-]{20,}|Bearer \S{8,}|-----BEGIN [A-Z ]*PRIVATE KEY-----)/;
const SECRET_PARAMETER = /[?&](api[_-]?key|key|token|secret|password|sig|signature)=[^&]/i;

function secretsOf(value: JsonValue, path: string, key: string, report: (path: string) => void): void {
  if (typeof value === 'string') {
    if ((SECRET_KEY.test(key) && value.length >= 8) || SECRET_FORM.test(value)) report(path);
  } else if (Array.isArray(value)) {
    value.forEach((item: JsonValue, i) => {
      secretsOf(item, `${path}[${i}]`, key, report);
    });
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) secretsOf(member, `${path}.${name}`, name, report);
  }
}

/**
 * Where an experiment seems to hold a secret in clear: in the value of an arm, or in the query of a backend's URL. A
 * guess by names and forms, so that it warns and refuses nothing; the secret itself is not repeated.
 *
 * @returns a fault for each place; `path` begins with the experiment's name
 * @example
 * parseExperiments('experiment: a\narms: { x: { value: { apiKey: "0123456789" } }, y: }', 'a.yaml').experiments.flatMap(secretsIn).map(({ path }) => path) // => ['a.arms.x.value.apiKey']
 */
export function secretsIn(experiment: Experiment): readonly Fault[] {
  const faults: Fault[] = [];
  const report = (path: string): void => void faults.push({ path, what: WHAT, todo: TODO });
  for (const arm of experiment.arms) {
    const path = `${experiment.id}.arms.${arm.id}`;
    secretsOf(arm.value, `${path}.value`, '', report);
    if (arm.backend !== undefined && SECRET_PARAMETER.test(arm.backend)) report(`${path}.backend`);
  }
  return faults;
}
