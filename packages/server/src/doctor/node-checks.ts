import { type Check, fault, ok } from './check.js';

const LEAST = [20, 19] as const;

/**
 * Whether this Node runs Armature.
 *
 * @param version such as 20.19.0
 */
export function nodeChecks(version: string): readonly Check[] {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > LEAST[0] || (major === LEAST[0] && minor >= LEAST[1])) return [ok('node', `Node ${version}`)];
  return [fault('node', `Node ${version} is older than ${LEAST.join('.')}`, '# install Node 22, or 20.19 or later')];
}
