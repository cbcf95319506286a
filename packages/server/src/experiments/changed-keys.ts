import { type ChangeEffect, canonicalJson, changeEffect, type Experiment } from '@armature/sdk/protocol';

/** One key of an experiment file whose meaning changed, defaults included. */
export interface ChangedKey {
  /** Such as `policy`, `arms.blue.weight`, `reward.window`. */
  readonly key: string;
  /** As a file would say it; null where there was or is nothing. */
  readonly from: string | null;
  readonly to: string | null;
  /** What this change alone does to what was learnt. */
  readonly effect: ChangeEffect;
}

const TOP_LEVEL = [
  ...['status', 'ship', 'control', 'assign', 'reassignMs', 'policy', 'floor', 'updateMs', 'adjust', 'salt', 'hash'],
  ...['audience', 'overrides', 'holdout', 'layer', 'traffic', 'rollout', 'guardrails', 'gate', 'features'],
  ...['description', 'owner'],
] as readonly (keyof Experiment)[];

const UNITS = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'm'],
  [1000, 's'],
] as const;

function durationOf(ms: number): string {
  const [size, unit] = UNITS.find(([each]) => ms >= each && ms % each === 0) ?? [1, 'ms'];
  return `${ms / size}${unit}`;
}

const shareOf = (share: number): string => `${Number((100 * share).toPrecision(12))}%`;

const SHARES: ReadonlySet<string> = new Set(['floor', 'traffic']);

/** A value as a file would say it, on one line. */
function textOf(field: string, value: unknown): string | null {
  if (value === undefined) return null;
  if (field === 'reassignMs' && value === null) return 'never';
  if (typeof value === 'number' && field.endsWith('Ms')) return durationOf(value);
  if (typeof value === 'number' && SHARES.has(field)) return shareOf(value);
  if (field === 'policy' && canonicalJson(value) === '{"kind":"fixed"}') return 'fixed';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

const nameOf = (field: string): string => field.replace(/Ms$/, '');

const same = (a: unknown, b: unknown): boolean => canonicalJson(a ?? null) === canonicalJson(b ?? null);

/** The same object with one field as another one has it, or without it. */
function withField<Whole extends object>(whole: Whole, field: keyof Whole, other: Whole): Whole {
  const { [field]: _gone, ...rest } = whole;
  return (other[field] === undefined ? rest : { ...rest, [field]: other[field] }) as Whole;
}

type Part = { readonly [field: string]: unknown };

/** The fields in which two parts of an experiment differ, and the experiment with this field alone changed. */
function fieldsOf<Whole extends object>(
  path: string,
  before: Whole,
  after: Whole,
  replace: (part: Whole) => Experiment,
): readonly (Omit<ChangedKey, 'effect'> & { readonly alone: Experiment })[] {
  const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])] as (keyof Whole & string)[];
  const [was, will] = [before as Part, after as Part];
  return fields
    .filter((field) => !same(was[field], will[field]))
    .map((field) => ({
      key: `${path}.${nameOf(field)}`,
      from: textOf(field, was[field]),
      to: textOf(field, will[field]),
      alone: replace(withField(before, field, after)),
    }));
}

type Alone = ReturnType<typeof fieldsOf>[number];

/** What came, went and changed of a list whose items have names. */
function itemsOf<Item extends object>(
  before: readonly Item[],
  after: readonly Item[],
  idOf: (item: Item) => string,
  path: (id: string) => string,
  replace: (items: readonly Item[]) => Experiment,
): readonly Alone[] {
  const [was, will] = [before, after].map((items) => new Map(items.map((item) => [idOf(item), item])));
  const ids = [...new Set([...was!.keys(), ...will!.keys()])].sort();
  return ids.flatMap((id): readonly Alone[] => {
    const [old, now] = [was!.get(id), will!.get(id)];
    const without = before.filter((item) => item !== old);
    if (now === undefined) return [{ key: path(id), from: 'there', to: null, alone: replace(without) }];
    if (old === undefined) return [{ key: path(id), from: null, to: 'new', alone: replace([...before, now]) }];
    return fieldsOf(path(id), old, now, (item) => replace(before.map((each) => (each === old ? item : each))));
  });
}

/**
 * The keys in which two forms of an experiment differ, each with the effect it would have alone. The whole change resets
 * the posterior exactly when one of its keys does.
 */
export function changedKeys(before: Experiment, after: Experiment): readonly ChangedKey[] {
  const changes: Alone[] = itemsOf(
    before.arms,
    after.arms,
    ({ id }) => id,
    (id) => `arms.${id}`,
    (arms) => ({ ...before, arms }),
  ).slice();
  for (const field of TOP_LEVEL) {
    if (same(before[field], after[field])) continue;
    const [from, to] = [textOf(field, before[field]), textOf(field, after[field])];
    changes.push({ key: nameOf(field), from, to, alone: withField(before, field, after) });
  }
  if (before.reward !== after.reward) {
    const alone = { ...withField(before, 'reward', after), metrics: after.metrics };
    changes.push({ key: 'reward', from: before.reward ?? null, to: after.reward ?? null, alone });
  }
  changes.push(
    ...itemsOf(
      before.metrics,
      after.metrics,
      ({ name }) => name,
      (name) => (name === before.reward && name === after.reward ? 'reward' : `metrics.${name}`),
      (metrics) => ({ ...before, metrics }),
    ),
  );
  return changes.map(({ alone, ...change }) => ({ ...change, effect: changeEffect(before, alone) }));
}
