import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fmix32, hashKey, hashPrefix, murmur3, NO_PREFIX } from '../../src/policies/hash.js';

function keyed(prefix: Parameters<typeof hashKey>[0], key: string): readonly number[] {
  const words = new Int32Array(4);
  hashKey(prefix, key, words);
  return [...words].map((word) => word >>> 0);
}

// oracle: Python mmh3 5.3.1, mmh3.hash128(utf8, 0, x64arch=False) as four little-endian words
test.each([
  ['', [0, 0, 0, 0]],
  ['a', [2811532092, 1431744539, 1431744539, 1431744539]],
  ['u-8f3a91c2', [2509172805, 1484865053, 2522488569, 205432495]],
  ['0123456789abcde', [1014416493, 1292376256, 2916365274, 2810606586]],
  ['0123456789abcdef', [4219290633, 917426954, 1219304859, 1462451197]],
  ['0123456789abcdef0', [529152085, 1620184070, 3038261020, 1905003420]],
  ['019ab2c4-7e1f-7c3a-9d2b-5f60718293a4', [3212730045, 1028368420, 3203076592, 489961687]],
  ['Grüße', [2546384000, 3351286538, 618424544, 618424544]],
  ['日本語', [3187456623, 3287687324, 2829276413, 994253167]],
  ['😀', [4041407108, 1880384498, 1880384498, 1880384498]],
  ['\u07ff\u0800\uffff\u{10000}\u{10ffff}', [1685472294, 943045588, 3368607242, 2366330275]],
  [`${'x'.repeat(1000)}é`, [2643181106, 3650322300, 1401918659, 383270649]],
])('the hash of %j is that of the reference implementation', (text, words) => {
  expect(murmur3(text)).toEqual(words);
});

// oracle: mmh3 over the prefix bytes, zero-padded to 16, followed by the key's
test.each([
  ['draw', 'salt', 'key', [3620823926, 2690028904, 1020723274, 2600078540]],
  ['draw', 'elevenbytes', 'key', [971182031, 608498068, 3641728099, 471514833]],
  ['holdout', 'é', 'u-😀', [858364487, 2166624445, 240144236, 4102463628]],
] as const)('a key of domain %s and salt %j continues from the cached prefix', (domain, salt, key, words) => {
  expect(keyed(hashPrefix(domain, salt), key)).toEqual(words);
});

test('a prefix takes whole blocks, and none of padding where it ends on one', () => {
  expect(hashPrefix('draw', 'salt').length).toBe(16);
  expect(hashPrefix('draw', 'elevenbytes').length).toBe(16);
  expect(hashPrefix('draw', 'twelve-bytes').length).toBe(32);
});

test('the prefix is the hash of its padded bytes, so that one text hashed at once gives the same words', () => {
  const salts = fc.string({ unit: 'binary', maxLength: 40 }).filter((salt) => !salt.includes('\0'));
  fc.assert(
    fc.property(
      fc.constantFrom('draw', 'layer', 'holdout'),
      salts,
      fc.string({ unit: 'binary' }),
      (domain, salt, key) => {
        const head = `${domain}\0${salt}`;
        const bytes = new TextEncoder().encode(head).length;
        const whole = head + '\0'.repeat((16 - (bytes % 16)) % 16) + key;
        expect(keyed(hashPrefix(domain, salt), key)).toEqual(keyed(NO_PREFIX, whole));
      },
    ),
  );
});

test('the domains of one salt hash the same key apart', () => {
  const words = (['draw', 'layer', 'holdout'] as const).map((domain) => keyed(hashPrefix(domain, 's'), 'u')[0]);
  expect(new Set(words).size).toBe(3);
});

test('the finaliser maps 2^16 consecutive words to as many different ones', () => {
  const images = new Set<number>();
  for (let x = 0; x < 65_536; x++) images.add(fmix32(x));
  expect(images.size).toBe(65_536);
  expect(fmix32(0)).toBe(0);
});
