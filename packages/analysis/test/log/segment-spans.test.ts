import { encodeGroup, encodeHeader, encodeRecord, segmentSpans } from '@armature/analysis/log';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

interface Built {
  readonly bytes: Buffer;
  /** Where each group begins and ends, and its records. */
  readonly groups: readonly {
    readonly from: number;
    readonly to: number;
    readonly first: number;
    readonly count: number;
  }[];
}

/** A segment of groups of these sizes, which knows where they are: what the search is held against. */
function built(sizes: readonly number[]): Built {
  const parts = [encodeHeader({ log: 'L', stream: '0', base: 0, schema: 1 })];
  const groups = [{ from: 0, to: parts[0]!.length, first: 0, count: 0 }];
  let offset = 0;
  for (const size of sizes) {
    const lines = Array.from({ length: size }, (_, i) =>
      encodeRecord({ offset: offset + i, at: 5 * offset, event: i }),
    );
    const group = encodeGroup(lines);
    const from = groups.at(-1)!.to;
    groups.push({ from, to: from + group.length, first: offset, count: size });
    parts.push(group);
    offset += size;
  }
  return { bytes: Buffer.concat(parts), groups };
}

const SIZES = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 12 });

describe('the spans of a segment', () => {
  test('are its groups where nothing is damaged', () => {
    const { bytes, groups } = built([3, 1, 2]);
    const spans = segmentSpans(bytes);
    expect(spans.map(({ from, to, records }) => [from, to, records])).toEqual(
      groups.map(({ from, to, count }) => [from, to, count]),
    );
    expect(spans.map(({ first }) => first)).toEqual([undefined, 0, 3, 4]);
    expect(spans.map(({ header }) => header)).toEqual([true, false, false, false]);
  });

  test('follow each other without a gap, and hold every group that no damaged byte lies in', () => {
    const flips = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { maxLength: 4 });
    fc.assert(
      fc.property(SIZES, flips, (sizes, damage) => {
        const { bytes, groups } = built(sizes);
        const hit = new Set<number>();
        for (const [place, mask] of damage) {
          const at = place % bytes.length;
          bytes[at] = bytes[at]! ^ mask;
          hit.add(at);
        }
        const original = built(sizes).bytes;
        const spans = segmentSpans(bytes);
        expect(spans[0]?.from).toBe(0);
        expect(spans.at(-1)?.to).toBe(bytes.length);
        for (const [i, span] of spans.slice(1).entries()) expect(span.from).toBe(spans[i]!.to);
        const good = spans.filter((span) => span.good);
        for (const { from, to, first, count } of groups.slice(1)) {
          if (!original.subarray(from, to).equals(bytes.subarray(from, to))) continue;
          const found = good.find((span) => span.from === from && span.to === to);
          expect(found).toMatchObject({ first, records: count });
        }
        for (const { from, to } of good) expect(bytes.subarray(from, to)).toEqual(original.subarray(from, to));
      }),
      { numRuns: 800, seed: 7 },
    );
  });

  test('take any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const spans = segmentSpans(Buffer.from(bytes));
        expect(spans.reduce((sum, { from, to }) => sum + to - from, 0)).toBe(bytes.length);
      }),
      { seed: 7 },
    );
  });
});
