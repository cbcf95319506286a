/** What a lockfile says of the packages that users get with ours: their licences, and whether they run code on install. */

/** Licences under which Apache-2.0 software may be handed on with nothing but a notice. */
const ALLOWED = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
]);

/** A development tool whose script only fetches what npm has installed already; `.npmrc` runs no scripts anyway. */
const TOOLS_WITH_SCRIPTS = new Set(['esbuild']);

/** Whether an SPDX expression allows it: one side of an OR is enough, an AND needs both. */
export function isAllowed(expression) {
  const text = expression.replace(/^\((.*)\)$/, '$1');
  if (/\bOR\b/.test(text)) return text.split(/\s+OR\s+/).some(isAllowed);
  return text.split(/\s+AND\s+/).every((licence) => ALLOWED.has(licence));
}

/**
 * @param lockfile package-lock.json, version 3
 * @returns `production`, the locked packages that are installed with ours, and one line for each fault
 */
export function lockedDependencies(lockfile) {
  const all = Object.entries(lockfile.packages)
    .filter(([path, { link }]) => /(^|\/)node_modules\//.test(path) && link !== true)
    .map(([path, entry]) => ({ name: path.replace(/^.*node_modules\//, ''), ...entry }));
  const production = all.filter(({ dev, devOptional }) => dev !== true && devOptional !== true);
  const licences = production
    .filter(({ license }) => typeof license !== 'string' || !isAllowed(license))
    .map(({ name, version, license }) => `${name}@${version} has a licence to look at: ${license ?? 'none'}`);
  const scripts = all
    .filter(({ name, dev, hasInstallScript }) => hasInstallScript && !(dev && TOOLS_WITH_SCRIPTS.has(name)))
    .map(({ name, version }) => `${name}@${version} runs a script when it is installed`);
  return { production, faults: [...licences, ...scripts] };
}
