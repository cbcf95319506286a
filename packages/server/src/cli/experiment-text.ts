/** Strategies that an experiment can begin with. */
export const STRATEGIES = ['fixed', 'thompson', 'epsilon-greedy', 'ucb'] as const;
export type Strategy = (typeof STRATEGIES)[number];

/** What a person has to say of an experiment; everything else has a default. */
export interface Draft {
  readonly name: string;
  readonly arms: readonly string[];
  readonly metric: string;
  readonly policy: Strategy;
}

const TAKEN_OTHERWISE = new Set(['true', 'false', 'null', 'yes', 'no', 'on', 'off', 'y', 'n']);

/** A name as YAML; quoted where a reader would take it for a number, a date or a truth. */
const scalar = (name: string): string =>
  /^[a-z][a-z0-9_-]*$/.test(name) && !TAKEN_OTHERWISE.has(name) ? name : JSON.stringify(name);

/**
 * The shortest file that says this, with a line by which editors find the schema.
 *
 * @param schema path of the JSON Schema, from the file's folder
 */
export function experimentText({ name, arms, metric, policy }: Draft, schema: string): string {
  return [
    `# yaml-language-server: $schema=${schema}`,
    `experiment: ${scalar(name)}`,
    `arms: [${arms.map(scalar).join(', ')}]`,
    ...(policy === 'fixed' ? [] : [`policy: ${policy}`]),
    `reward: ${scalar(metric)}`,
    '',
  ].join('\n');
}
