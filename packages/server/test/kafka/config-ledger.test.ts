import fc from 'fast-check';
import { expect, test } from 'vitest';
import { configLedger, fenceMessage, placedMessages } from '../../src/adapters/kafka/config-ledger.js';
import { encodeIdentity, newIdentity, parseIdentity } from '../../src/adapters/kafka/log-identity.js';
import type { Message, RawRecord } from '../../src/cluster/ports.js';
import { definition, version } from './config-events.js';

const bytes = (value: Message['value']): Uint8Array | null =>
  typeof value === 'string' ? new TextEncoder().encode(value) : value;
const recordOf = ({ value, headers = {} }: Message, offset: number): RawRecord => ({
  ...{ partition: 0, offset, at: 1000 + offset, key: null, value: bytes(value), headers },
});
const identity = newIdentity(4, 1_700_000_000_000);
const log = identity.id;
const begin = placedMessages([encodeIdentity(identity)], { log, append: 'w.0', first: 0 });
const write = (append: string, first: number, ids: readonly string[], of = log): readonly Message[] =>
  placedMessages(
    ids.map((id) => JSON.stringify(version('1.1', id))),
    { log: of, append, first },
  );

function ledgerOf(messages: readonly Message[]) {
  const ledger = configLedger();
  const taken = messages.map((message, offset) => ledger.take(recordOf(message, offset)));
  return { ledger, taken, ids: ledger.records.map(({ event }) => event.id) };
}

test('a record counts where it was written for and nowhere else', () => {
  const { ids, ledger, taken } = ledgerOf([
    ...begin,
    ...write('a.1', 1, ['a1', 'a2']),
    ...write('b.1', 1, ['lost']),
    ...write('b.2', 4, ['b2']),
    ...write('a.1', 1, ['a1', 'a2']), // a copy that its producer sent again
  ]);
  expect(ids).toEqual(['a1', 'a2', 'b2']);
  expect(ledger.records.map(({ offset }) => offset)).toEqual([1, 2, 4]);
  expect([ledger.end, ledger.position]).toEqual([5, 7]);
  expect(taken.map(({ skipped }) => skipped ?? 'counts')).toEqual([
    ...['counts', 'counts', 'counts', 'lost race', 'counts', 'lost race', 'lost race'],
  ]);
});

test('the rest of an append counts only behind its beginning, also where it arrives by itself', () => {
  const [, second] = write('b.1', 1, ['b1', 'b2']);
  const { ids } = ledgerOf([...begin, ...write('a.1', 1, ['a1']), ...(second === undefined ? [] : [second])]);
  expect(ids).toEqual(['a1']);
});

test('a fence takes the place of what may still arrive', () => {
  const { ids, ledger } = ledgerOf([...begin, fenceMessage('a.1'), ...write('a.1', 1, ['late'])]);
  expect(ids).toEqual([]);
  expect([ledger.end, ledger.position]).toEqual([1, 3]);
});

test('the first log that begins is the log, and records of another never count', () => {
  const other = newIdentity(8, 0);
  const { ledger, ids, taken } = ledgerOf([
    { key: null, value: 'not ours' },
    ...placedMessages([encodeIdentity(identity)], { log, append: 'w.0', first: 1 }),
    ...placedMessages([encodeIdentity(other)], { log: other.id, append: 'v.0', first: 1 }),
    ...write('x.1', 3, ['of another'], other.id),
    ...write('a.1', 4, ['ours']),
  ]);
  expect(ledger.identity).toEqual(identity);
  expect(ids).toEqual(['ours']);
  expect(taken.map(({ skipped }) => skipped ?? 'counts')).toEqual([
    ...['foreign', 'counts', 'lost race', 'other log', 'counts'],
  ]);
});

test('a record that this version cannot read keeps its place, so that all versions see the same end', () => {
  const unreadable = placedMessages(['{"type":"dev.armature.later.v9"}', 'no JSON'], { log, append: 'a.1', first: 1 });
  const { ledger, taken, ids } = ledgerOf([...begin, ...unreadable, ...write('a.2', 3, ['next'])]);
  expect(taken.slice(1, 3).map(({ skipped }) => skipped)).toEqual(['unreadable', 'unreadable']);
  expect(taken[2]?.detail).toBe('not JSON');
  expect([ids, ledger.end]).toEqual([['next'], 4]);
});

test('a definition whose hash is not its body’s is passed over', () => {
  const { data, ...rest } = definition('d');
  const forged = JSON.stringify({ ...rest, data: { ...data, definition: `sha256:${'0'.repeat(64)}` } });
  const { taken } = ledgerOf([...begin, ...placedMessages([forged], { log, append: 'a.1', first: 1 })]);
  expect(taken[1]).toMatchObject({ skipped: 'unreadable', detail: expect.stringContaining('/data/definition') });
});

test('whoever knew less than all never counts, however writers and copies interleave', () => {
  // Writers act by turns: each writes behind what it has read, some requests are sent twice or arrive late.
  const turn = fc.record({
    writer: fc.nat({ max: 4 }),
    count: fc.integer({ min: 1, max: 3 }),
    reads: fc.boolean(),
    copies: fc.integer({ min: 1, max: 2 }),
    late: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(turn, { maxLength: 60 }), (turns) => {
      const topic: Message[] = [...begin];
      const seen = [1, 1, 1, 1, 1];
      const late: (readonly Message[])[] = [];
      const wroteAfter = new Map<string, number>();
      for (const [n, { writer, count, reads, copies, late: isLate }] of turns.entries()) {
        if (reads) seen[writer] = topic.length;
        const first = seen[writer] ?? 0;
        const ids = Array.from({ length: count }, (_, k) => `${n}.${k}`);
        for (const id of ids) wroteAfter.set(id, first);
        const messages = write(`${writer}.${n}`, first, ids);
        if (isLate) late.push(messages);
        else for (let copy = 0; copy < copies; copy += 1) topic.push(...messages);
        if (n % 5 === 4) topic.push(...late.splice(0).flat());
      }
      const { ledger, ids } = ledgerOf(topic);
      expect(new Set(ids).size).toBe(ids.length);
      // the log as its writers knew it: an append counts if and only if nothing stood behind what its writer had read
      for (const [index, { offset, event }] of ledger.records.entries()) {
        const [turnOf, part] = event.id.split('.').map(Number);
        const before = (ledger.records[index - (part ?? 0) - 1]?.offset ?? 0) + 1;
        expect(wroteAfter.get(event.id)).toBe(offset - (part ?? 0));
        expect(before).toBeLessThanOrEqual(offset - (part ?? 0));
        expect(ledger.records[index - (part ?? 0)]?.event.id).toBe(`${turnOf}.0`);
      }
      // reading in two goes gives the same
      expect(ledgerOf(topic).ids).toEqual(ids);
    }),
    { numRuns: 200 },
  );
});

test("what is no log's own record is not taken for one", () => {
  const encoded = (change: object): Uint8Array => {
    const record = JSON.parse(encodeIdentity(identity)) as { data: object };
    return new TextEncoder().encode(JSON.stringify({ ...record, data: { ...record.data, ...change } }));
  };
  expect(parseIdentity(encoded({}))).toEqual(identity);
  for (const change of [
    { partitions: 0 },
    { partitions: 1.5 },
    { partitions: 1025 },
    { created: 'soon' },
    { id: '' },
  ]) {
    expect(parseIdentity(encoded(change))).toBeUndefined();
  }
  expect(parseIdentity(null)).toBeUndefined();
  expect(parseIdentity(new TextEncoder().encode('null'))).toBeUndefined();
});
