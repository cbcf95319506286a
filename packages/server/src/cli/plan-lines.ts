import type { ExperimentPlan } from '../experiments/plan-changes.js';
import { plainText } from './plain-text.js';
import { tableLines } from './table.js';
import type { Terminal } from './terminal.js';

/** A share for people: as many digits as tell it from 0% and 100%. */
export function percent(share: number): string {
  const digits = share > 0 && share < 0.01 ? 2 : share > 0.99 && share < 1 ? 6 : 4;
  return `${Number((100 * share).toPrecision(digits))}%`;
}

/** What becomes of what was learnt, in the words of the documentation. */
export const EFFECT = { 'keeps-posterior': 'safe', 'resets-posterior': 'resets the posterior' } as const;

/** What a plan is in a few words. */
export function headline({ change, effect, moves }: ExperimentPlan): string {
  if (change === 'unchanged') return change;
  const kept = effect === 'resets-posterior' ? 'resets the posterior' : 'keeps the posterior';
  const changed = moves?.changed ?? 0;
  const moved = moves === null ? [] : changed > 0 ? [`moves ${percent(changed)} of units`] : ['moves no unit'];
  const words = moves?.by === 'request' ? [] : moved;
  return [change, ...(change === 'created' && effect !== 'keeps-posterior' ? [] : [kept]), ...words].join(', ');
}

/** What happens to the units, sentence by sentence. */
function unitsOf({ moves, assign, periodic, keys, effect, change }: ExperimentPlan): readonly string[] {
  if (moves === null) return [];
  const { changed, redrawn, entering, leaving, by } = moves;
  const texts: string[] = [];
  if (by === 'request') texts.push('no unit keeps an arm: each request is drawn anew, whatever changes');
  else if (by === 'store')
    texts.push(`arms in the store stay, but those of probability 0: ${percent(redrawn ?? 0)} of them`);
  else if (by === 'none') texts.push('another salt or period: every unit is drawn anew');
  if (changed !== null)
    texts.push(`${percent(changed)} are served another arm${periodic ? ', until the period ends' : ''}`);
  if (entering > 0) texts.push(`${percent(entering)} begin to take part`);
  if (leaving > 0) texts.push(`${percent(leaving)} take part no longer`);
  if ((entering > 0 || leaving > 0) && redrawn !== null && change !== 'removed') {
    texts.push(`of those that stay ${percent(redrawn)} change arm`);
  }
  if (assign.from === 'sticky' && effect === 'resets-posterior') texts.push('arms in the store are left behind');
  if (keys.some(({ key }) => key === 'audience')) {
    texts.push('the audience changes: whom it lets in or out hangs on their attributes, and is not counted here');
  }
  if (keys.some(({ key }) => key === 'overrides')) texts.push('units that an override names are not counted here');
  if (change === 'removed') texts.push('clients serve the control that stands in their code');
  return texts;
}

function trialsOf({ openTrials, waitingRewards, effect, change }: ExperimentPlan): readonly string[] {
  const fate =
    change === 'removed'
      ? 'take rewards until their windows close'
      : effect === 'resets-posterior'
        ? 'finish under their own definition, in the earlier learning epoch: the new posterior begins without them'
        : 'finish under the definition they began with, and count';
  return [
    ...(openTrials > 0 ? [`${openTrials.toLocaleString('en')} open trials ${fate}`] : []),
    ...(waitingRewards > 0
      ? [`${waitingRewards.toLocaleString('en')} rewards wait on: each joins its decision when that comes`]
      : []),
  ];
}

function weightsOf({ weights }: ExperimentPlan): string | undefined {
  const told = (p: number | null): string => (p === null ? '-' : percent(p));
  const moved = weights.filter(({ from, to }) => from !== to);
  if (moved.length === 0) return undefined;
  return moved.map(({ arm, from, to }) => `${arm} ${told(from)} -> ${told(to)}`).join(', ');
}

const shortened = (text: string, width: number): string =>
  text.length <= width ? text : `${text.slice(0, Math.max(1, width - 3))}...`;

/** Wraps at blanks, further lines under the first. */
function wrapped(title: string, text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = `  ${title.padEnd(8)} `;
  const indent = ' '.repeat(line.length);
  for (const word of text.split(' ')) {
    if (line.length + word.length > width && line.trim() !== '' && line !== indent) {
      lines.push(line.trimEnd());
      line = indent;
    }
    line += `${word} `;
  }
  return [...lines, line.trimEnd()];
}

function keyLines({ keys }: ExperimentPlan, columns: number): readonly string[] {
  if (keys.length === 0) return [];
  const fixed = Math.max(3, ...keys.map(({ key }) => key.length)) + 'resets the posterior'.length + 8;
  const width = Math.max(8, Math.floor((columns - fixed) / 2));
  const rows = keys.map(({ key, from, to, effect }) => [
    plainText(key),
    ...[from, to].map((text) => shortened(plainText(text ?? '-'), width)),
    EFFECT[effect],
  ]);
  const titles = ['key', 'now', 'then', 'effect'].map((title) => ({ title }));
  return tableLines(titles, rows).map((line) => `  ${line}`);
}

/** Everything about one experiment: a headline, the keys, the probabilities, the units, the trials. */
export function planLines(plan: ExperimentPlan, terminal: Pick<Terminal, 'colours' | 'columns'>): readonly string[] {
  const { bold, dim, green, yellow, red } = terminal.colours;
  const { change, effect } = plan;
  const loud = change === 'removed' ? red : effect === 'resets-posterior' ? yellow : green;
  const title = `${bold(plainText(plan.experiment))}: `;
  if (change === 'unchanged') return [`${title}${dim(change)}`];
  const [head, ...rows] = keyLines(plan, terminal.columns);
  const weights = weightsOf(plan);
  return [
    `${title}${loud(headline(plan))}`,
    ...(head === undefined ? [] : [dim(head)]),
    ...rows.map((row, k) => (plan.keys[k]?.effect === 'resets-posterior' ? yellow(row) : row)),
    ...(weights === undefined ? [] : wrapped('weights', weights, terminal.columns)),
    ...unitsOf(plan).flatMap((text, k) => wrapped(k === 0 ? 'units' : '', text, terminal.columns)),
    ...trialsOf(plan).flatMap((text, k) => wrapped(k === 0 ? 'log' : '', text, terminal.columns)),
  ];
}

/** How many of each kind, for the last line. */
export function planSummary(plans: readonly ExperimentPlan[]): string {
  const kinds = ['created', 'changed', 'paused', 'removed', 'unchanged'] as const;
  const counted = kinds.map((kind) => [kind, plans.filter(({ change }) => change === kind).length] as const);
  const told = counted.filter(([, count]) => count > 0).map(([kind, count]) => `${count} ${kind}`);
  return told.length === 0 ? 'no experiments' : told.join(', ');
}
