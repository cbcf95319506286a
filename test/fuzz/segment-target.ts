import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeGroup, encodeHeader, encodeRecord, readSegment } from '@armature/analysis/log';
import { mustHold, type Target } from './target.js';

const records = (from: number, count: number): string[] =>
  Array.from({ length: count }, (_, n) => encodeRecord({ offset: from + n, at: 1000 + n, event: { note: `é ${n}` } }));
const header = encodeHeader({ log: 'L', stream: '0', base: 0, schema: 1 });
const whole = (...groups: readonly Buffer[]): string => Buffer.concat([header, ...groups]).toString('utf8');

// in memory where the system has such a place: a disk would be asked a million times
const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'armature-fuzz-'));
const path = join(folder, '00000000000000000000.jsonl');

/** A segment of the log: groups whose check holds, then its end, torn or damaged; no record that was not written. */
export const segment: Target = {
  name: 'segment',
  corpus: [whole(encodeGroup(records(0, 3)), encodeGroup(records(3, 1))), whole(encodeGroup(records(0, 1))), whole()],
  words: [
    '{"crc":"',
    '","count":',
    '}\n',
    '{"offset":',
    '{"log":',
    ',"at":',
    '\n',
    '00000000',
    '\0\0\0\0\0\0\0\0',
    '1',
  ],
  async run(input) {
    writeFileSync(path, input);
    const groups = readSegment<{ readonly note?: unknown }>(path);
    let [step, next] = [await groups.next(), 0];
    for (; !step.done; step = await groups.next()) {
      mustHold(step.value.end <= input.length, 'a group beyond the end');
      for (const record of step.value.records) {
        mustHold(Number.isSafeInteger(record.offset) && typeof record.event.note === 'string', 'a record nobody wrote');
        next += 1;
      }
    }
    const { good, size } = step.value;
    mustHold(
      good <= size && size <= input.length && next <= input.length,
      `good ${good}, size ${size}, of ${input.length}`,
    );
  },
  async close() {
    rmSync(folder, { recursive: true, force: true });
  },
};
