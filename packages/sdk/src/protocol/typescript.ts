import type { Experiment, JsonValue } from './experiment.js';

const IDENTIFIER = /^[A-Za-z_$][A-Za-z0-9_$]*$/;

const literal = (text: string): string =>
  `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
const key = (name: string): string => (IDENTIFIER.test(name) ? name : literal(name));

/** The type of a value, as wide as an edit of the value is likely to need: texts are strings, not that one text. */
function typeOf(value: JsonValue): string {
  if (value === null) return 'null';
  if (typeof value !== 'object') return typeof value;
  if (Array.isArray(value)) {
    const types = [...new Set((value as readonly JsonValue[]).map(typeOf))].sort();
    return `readonly (${types.join(' | ') || 'never'})[]`;
  }
  const fields = Object.entries(value as { readonly [key: string]: JsonValue });
  if (fields.length === 0) return 'Record<string, never>';
  return `{ ${fields.map(([name, inner]) => `readonly ${key(name)}: ${typeOf(inner)}`).join('; ')} }`;
}

function expression(value: JsonValue): string {
  if (typeof value === 'string') return literal(value);
  if (value === null || typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return `[${(value as readonly JsonValue[]).map(expression).join(', ')}]`;
  const fields = Object.entries(value as { readonly [key: string]: JsonValue });
  return `{ ${fields.map(([name, inner]) => `${key(name)}: ${expression(inner)}`).join(', ')} }`;
}

/** Arms without a value hand out their own name, which is part of the contract and so keeps its exact type. */
const armType = (id: string, value: JsonValue): string => (value === id ? literal(id) : typeOf(value));

function shape(experiment: Experiment): string {
  const arms = experiment.arms.map(({ id, value }) => `      readonly ${key(id)}: ${armType(id, value)};`);
  const metrics = experiment.metrics.map(({ name }) => literal(name)).join(' | ') || 'never';
  return [
    `  readonly ${key(experiment.id)}: {`,
    '    readonly arms: {',
    ...arms,
    '    };',
    `    readonly metrics: ${metrics};`,
    '  };',
  ].join('\n');
}

function entry({ id, control, arms, reward, metrics }: Experiment): string {
  const values = arms.map((arm) => `${key(arm.id)}: ${expression(arm.value)}`).join(', ');
  return [
    `    ${key(id)}: {`,
    `      control: ${literal(control)},`,
    `      arms: { ${values} },`,
    ...(reward === undefined ? [] : [`      reward: ${literal(reward)},`]),
    `      metrics: [${metrics.map(({ name }) => literal(name)).join(', ')}],`,
    '    },',
  ].join('\n');
}

/**
 * The TypeScript file of a set of experiments: `type Experiments`, by which a client knows every arm, value and metric,
 * and `const experiments`, which it serves from before the first snapshot. It imports from `@armature/sdk` only.
 *
 * @param experiments in any order; the same experiments give the same text
 * @param digest content hash of the experiments, by which a check tells whether the file is out of date
 * @returns the file's text
 * @example
 * generateCatalogue([], 'sha256:00').split('\n')[2] // => "import type { Catalogue } from '@armature/sdk';"
 */
export function generateCatalogue(experiments: readonly Experiment[], digest: string): string {
  const sorted = [...experiments].sort((a, b) => (a.id < b.id ? -1 : 1));
  return [
    '// Written by `armature types`. Edit the experiment files and write it again.',
    '',
    "import type { Catalogue } from '@armature/sdk';",
    '',
    'export type Experiments = {',
    ...sorted.map(shape),
    '};',
    '',
    'export const experiments: Catalogue<Experiments> = {',
    `  digest: ${literal(digest)},`,
    '  experiments: {',
    ...sorted.map(entry),
    '  },',
    '};',
    '',
  ].join('\n');
}
