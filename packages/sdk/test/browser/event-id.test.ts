import { expect, test } from 'vitest';
import { eventId } from '../../src/browser/event-id.js';

const random = (bytes: Uint8Array<ArrayBuffer>): void => {
  crypto.getRandomValues(bytes);
};

test('an id has the form of a UUIDv7, carries its time, and is not given twice', () => {
  const ids = Array.from({ length: 10_000 }, () => eventId(0x0123456789ab + 0.5, random));
  for (const id of ids) expect(id).toMatch(/^01234567-89ab-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(new Set(ids).size).toBe(ids.length);
});
