import { scaleLinear } from 'd3-scale';

/** A tick of an axis: where, and what it is called. */
export interface Tick {
  readonly value: number;
  readonly text: string;
}

/**
 * Round ticks inside a domain, all with the digits that their step needs.
 *
 * @param domain from, to
 * @param count about how many
 * @param options `percent` writes 100 times the value; `signed` writes + before positive ones
 * @example
 * axisTicks([-0.012, 0.021], 4, { percent: true, signed: true }).map(({ text }) => text) // => ['-1', '0', '+1', '+2']
 */
export function axisTicks(
  domain: readonly [number, number],
  count: number,
  { percent = false, signed = false }: { readonly percent?: boolean; readonly signed?: boolean } = {},
): readonly Tick[] {
  const unit = percent ? 100 : 1;
  const ticks = scaleLinear()
    .domain([unit * domain[0], unit * domain[1]])
    .ticks(Math.max(1, count));
  const step = ticks.length > 1 ? Math.abs(ticks[1]! - ticks[0]!) : Math.abs(ticks[0] ?? 1);
  const decimals = step > 0 ? Math.min(8, Math.max(0, -Math.floor(Math.log10(step) + 1e-9))) : 0;
  return ticks.map((tick) => {
    const size = Math.abs(tick);
    const digits =
      size >= 1e9
        ? size.toExponential(1)
        : size.toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
    const sign = tick < 0 ? '-' : signed && tick > 0 ? '+' : '';
    return { value: tick / unit, text: sign + digits };
  });
}
