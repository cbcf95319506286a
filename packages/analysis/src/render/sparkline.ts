const LEVELS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/**
 * A line of bars, one a value; a value that is missing leaves a gap.
 *
 * @param values >= 0
 * @param most the value of a full bar, > 0
 * @example
 * sparkline([0, 0.5, null, 1], 1) // => '▁▅ █'
 */
export function sparkline(values: readonly (number | null)[], most: number): string {
  return values
    .map((value) => {
      if (value === null) return ' ';
      const level = most > 0 ? Math.floor((value / most) * LEVELS.length) : 0;
      return LEVELS[Math.min(LEVELS.length - 1, Math.max(0, level))];
    })
    .join('');
}

/**
 * Fewer values: means of neighbours, missing ones left out.
 *
 * @param values in order
 * @param count how many at most, >= 1
 * @example
 * thinOut([1, 3, null, 5], 2) // => [2, 5]
 */
export function thinOut(values: readonly (number | null)[], count: number): readonly (number | null)[] {
  if (values.length <= count) return values;
  return Array.from({ length: count }, (_, i) => {
    const part = values
      .slice(Math.floor((i * values.length) / count), Math.floor(((i + 1) * values.length) / count))
      .filter((value) => value !== null);
    return part.length === 0 ? null : part.reduce((sum, value) => sum + value, 0) / part.length;
  });
}
