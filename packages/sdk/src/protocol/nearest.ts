/** Edit distance with transpositions of neighbours (optimal string alignment). */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      let best = Math.min(change, last[j]! + 1, row[j - 1]! + 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) best = Math.min(best, before[j - 2]! + 1);
      row.push(best);
    }
    before = last;
    last = row;
  }
  return last[b.length]!;
}

const plain = (text: string): string => text.toLowerCase().replaceAll(/[^a-z0-9]/g, '');

/** How far apart two names are: 0 when they differ in case and separators only, .5 when one begins with the other. */
function apart(a: string, b: string): number {
  const [x, y] = [plain(a), plain(b)];
  if (x === y) return 0;
  const steps = distance(x, y);
  const prefix = Math.min(x.length, y.length) >= 4 && (x.startsWith(y) || y.startsWith(x));
  return prefix ? Math.min(steps, 0.5) : steps;
}

/**
 * The known name that was probably meant: the one with the fewest edits, if these are at most a third of its letters.
 *
 * @param name what was written
 * @param known the names there are
 * @returns a name, or undefined when none is near
 * @example
 * nearest('trafic', ['layer', 'traffic']) // => 'traffic'
 */
export function nearest(name: string, known: readonly string[]): string | undefined {
  if (name.length > 100) return undefined;
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    const steps = apart(name, candidate);
    if (steps >= least || steps > Math.floor(candidate.length / 3)) continue;
    best = candidate;
    least = steps;
  }
  return best;
}
