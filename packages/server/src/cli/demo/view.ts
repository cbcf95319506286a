import {
  armPosteriors,
  type Cell,
  EMPTY_CELL,
  merge,
  posteriorMean,
  posteriorSd,
  probabilityBest,
} from '@armature/sdk/policies';
import type { SnapshotData, StatisticsCell } from '@armature/sdk/protocol';
import type { Colours } from '../terminal.js';
import { EXPERIMENT, PUBLISHED } from './published-test.js';

/** What the live view shows of one moment. */
export interface Moment {
  readonly url: string;
  readonly version: SnapshotData | undefined;
  readonly statistics: readonly StatisticsCell[];
  readonly total: number;
  readonly elapsedMs: number;
}

/** One arm at one moment. */
export interface ArmView {
  readonly arm: string;
  /** Visitors who were shown it. */
  readonly visitors: number;
  /** Its probability in the version in force. */
  readonly share: number;
  /** Trials that have closed, with and without a click. */
  readonly cell: Cell;
  readonly mean: number;
  readonly sd: number;
  readonly best: number;
}

const LARGEST_RATE = 0.05;
/** Characters of a row that are neither bar nor strip. */
const FIXED = 41;
const WIDEST_BAR = 26;
const WIDEST_STRIP = 37;
const NARROWEST_STRIP = 12;
const EIGHTHS = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const;
const HEIGHTS = ['·', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/** Reads the arms of a moment. */
export function armsOf({ statistics, version }: Pick<Moment, 'statistics' | 'version'>): readonly ArmView[] {
  const arms = PUBLISHED.map(({ arm }) => arm);
  const cells = arms.map(() => EMPTY_CELL);
  const visitors = arms.map(() => 0);
  for (const cell of statistics) {
    if (cell.experiment !== EXPERIMENT) continue;
    for (const [k, { opened, metrics }] of cell.arms.entries()) {
      visitors[k] = (visitors[k] ?? 0) + opened;
      cells[k] = merge(cells[k] ?? EMPTY_CELL, metrics.click ?? EMPTY_CELL);
    }
  }
  const posteriors = armPosteriors({ type: 'binary', better: 'higher', missing: 'zero' }, cells);
  const best = probabilityBest(posteriors);
  return arms.map((arm, k) => ({
    arm,
    visitors: visitors[k] ?? 0,
    share: version?.rules.policy?.[k] ?? 0,
    cell: cells[k] ?? EMPTY_CELL,
    mean: posteriorMean(posteriors[k]!),
    sd: posteriorSd(posteriors[k]!),
    best: best[k] ?? 0,
  }));
}

/** The lines of the live view, none longer than `width`. */
export function renderMoment(moment: Moment, colours: Colours, width: number): readonly string[] {
  const { bold, dim, green, cyan } = colours;
  const arms = armsOf(moment);
  const visitors = arms.reduce((sum, arm) => sum + arm.visitors, 0);
  const leader = arms.reduce((a, b) => (b.best > a.best ? b : a));
  const about = ` · thompson, floor 2% · version ${moment.version?.version ?? '-'}`;
  const fits = EXPERIMENT.length + about.length + moment.url.length + 5 <= width;
  const head = ` ${bold(EXPERIMENT)}${about}${fits ? ` · ${dim(moment.url)}` : ''}`;
  const counted = ` ${integer(visitors)} of ${integer(moment.total)} visitors  `;
  const progress = cyan(bar(visitors / moment.total, Math.max(8, Math.min(40, width - counted.length - 8))));
  const sizes = sizesOf(width);
  const titles = titlesOf(sizes);
  const rows = arms.map((arm) => {
    const text = rowOf(arm, sizes);
    return arm === leader && arm.best > 0.5 ? green(text) : text;
  });
  return [head, `${counted}${progress} ${clock(moment.elapsedMs)}`, '', dim(titles), ...rows];
}

interface Sizes {
  readonly bar: number;
  /** 0: no room for the beliefs. */
  readonly strip: number;
}

function sizesOf(width: number): Sizes {
  const room = width - FIXED;
  const bar = Math.max(14, Math.min(WIDEST_BAR, Math.floor(room * 0.42)));
  const strip = Math.min(WIDEST_STRIP, room - bar);
  return { bar, strip: strip < NARROWEST_STRIP ? 0 : strip };
}

function titlesOf({ bar, strip }: Sizes): string {
  const share = 'share of traffic now'.padEnd(bar + 7);
  const belief = strip >= WIDEST_STRIP ? 'belief about the click rate, 0 to 5 %' : 'rate, 0 to 5 %'.slice(0, strip);
  return ` ${'arm'.padEnd(5)}${share}${'clicks / closed'.padStart(17)}   ${strip === 0 ? '' : `${belief.padEnd(strip)}   `}best`;
}

function rowOf({ arm, share, cell, mean, sd, best }: ArmView, sizes: Sizes): string {
  const closed = `${integer(cell.rewarded)} / ${integer(cell.trials)}`.padStart(17);
  const belief = sizes.strip === 0 ? '' : `${strip(mean, sd, sizes.strip)}   `;
  return ` ${arm.padEnd(5)}${bar(share, sizes.bar)} ${percent(share)}  ${closed}   ${belief}${percent(best)}`;
}

/** One line for where nobody looks at a moving picture. */
export function renderLine(moment: Moment): string {
  const arms = armsOf(moment);
  const visitors = arms.reduce((sum, arm) => sum + arm.visitors, 0);
  const shares = arms.map(({ arm, share }) => `${arm} ${percent(share).trim()}`).join('  ');
  return `${clock(moment.elapsedMs)}  ${integer(visitors)} of ${integer(moment.total)} visitors  share now: ${shares}  version ${moment.version?.version ?? '-'}`;
}

/** A bar of the given width, in eighths of a character. */
export function bar(share: number, width: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, share)) * width * 8);
  const full = '█'.repeat(Math.floor(eighths / 8));
  return `${full}${eighths % 8 === 0 ? '' : EIGHTHS[eighths % 8]}`.padEnd(width);
}

/** The density of a belief over the axis, each arm's highest point being one full block. */
function strip(mean: number, sd: number, length: number): string {
  const step = LARGEST_RATE / length;
  const wide = Math.max(sd, step / 2);
  return Array.from({ length }, (_, i) => {
    const z = ((i + 0.5) * step - mean) / wide;
    return HEIGHTS[Math.round(8 * Math.exp((-z * z) / 2))];
  }).join('');
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)}%`.padStart(4);
}

export function integer(n: number): string {
  return n.toLocaleString('en-GB');
}

function clock(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
