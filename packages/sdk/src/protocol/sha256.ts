/** SHA-256 and HMAC-SHA256 (FIPS 180-4, FIPS 198-1), synchronous and in plain JavaScript: WebCrypto is neither. */

const ROUNDS = new Int32Array(64);
const INITIAL = new Int32Array(8);
const SCHEDULE = new Int32Array(64);

// The constants are the first 32 fractional bits of the square and cube roots of the primes; a double has room for them.
for (let candidate = 2, found = 0; found < 64; candidate += 1) {
  let prime = true;
  for (let divisor = 2; divisor * divisor <= candidate; divisor += 1) if (candidate % divisor === 0) prime = false;
  if (!prime) continue;
  const fraction = (root: number): number => ((root - Math.floor(root)) * 4294967296) | 0;
  if (found < 8) INITIAL[found] = fraction(Math.sqrt(candidate));
  ROUNDS[found] = fraction(Math.cbrt(candidate));
  found += 1;
}

const encoder = new TextEncoder();

const bytesOf = (data: Uint8Array | string): Uint8Array => (typeof data === 'string' ? encoder.encode(data) : data);

function compress(state: Int32Array, block: Uint8Array, start: number): void {
  const w = SCHEDULE;
  for (let i = 0, at = start; i < 16; i += 1, at += 4) {
    w[i] = (block[at]! << 24) | (block[at + 1]! << 16) | (block[at + 2]! << 8) | block[at + 3]!;
  }
  for (let i = 16; i < 64; i += 1) {
    const x = w[i - 15]!;
    const y = w[i - 2]!;
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[i] = (w[i - 16]! + s0 + w[i - 7]! + s1) | 0;
  }
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  let e = state[4]!;
  let f = state[5]!;
  let g = state[6]!;
  let h = state[7]!;
  for (let i = 0; i < 64; i += 1) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + (g ^ (e & (f ^ g))) + ROUNDS[i]! + w[i]!) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) | (c & (a | b)))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  state[0] = (state[0]! + a) | 0;
  state[1] = (state[1]! + b) | 0;
  state[2] = (state[2]! + c) | 0;
  state[3] = (state[3]! + d) | 0;
  state[4] = (state[4]! + e) | 0;
  state[5] = (state[5]! + f) | 0;
  state[6] = (state[6]! + g) | 0;
  state[7] = (state[7]! + h) | 0;
}

/** Digest of `data`, where `hashed` bytes (whole blocks) already went into `state`. */
function finish(state: Int32Array, data: Uint8Array, hashed: number): Uint8Array {
  const whole = data.length - (data.length % 64);
  for (let at = 0; at < whole; at += 64) compress(state, data, at);
  const tail = new Uint8Array(data.length - whole < 56 ? 64 : 128);
  tail.set(data.subarray(whole));
  tail[data.length - whole] = 0x80;
  const view = new DataView(tail.buffer);
  const length = hashed + data.length;
  view.setUint32(tail.length - 8, Math.floor(length / 536870912));
  view.setUint32(tail.length - 4, (length << 3) >>> 0);
  for (let at = 0; at < tail.length; at += 64) compress(state, tail, at);
  const digest = new Uint8Array(32);
  const out = new DataView(digest.buffer);
  for (let i = 0; i < 8; i += 1) out.setInt32(i * 4, state[i]!);
  return digest;
}

/**
 * SHA-256 of bytes, or of a text's UTF-8.
 *
 * @param data bytes, or a text (lone surrogates become U+FFFD, as TextEncoder has it)
 * @returns 32 bytes
 * @see FIPS 180-4
 * @example
 * sha256('abc').length // => 32
 */
export function sha256(data: Uint8Array | string): Uint8Array {
  return finish(INITIAL.slice(), bytesOf(data), 0);
}

/**
 * HMAC-SHA256 of bytes, or of a text's UTF-8, under a key of any length.
 *
 * @returns 32 bytes
 * @see FIPS 198-1, RFC 4231
 * @example
 * hex(hmacSha256('key', 'message')).slice(0, 8) // => '6e9ef29b'
 */
export function hmacSha256(key: Uint8Array | string, data: Uint8Array | string): Uint8Array {
  const given = bytesOf(key);
  const short = given.length > 64 ? sha256(given) : given;
  const pad = new Uint8Array(64);
  const keyed = (mask: number, message: Uint8Array): Uint8Array => {
    for (let i = 0; i < 64; i += 1) pad[i] = (short[i] ?? 0) ^ mask;
    const state = INITIAL.slice();
    compress(state, pad, 0);
    return finish(state, message, 64);
  };
  return keyed(0x5c, keyed(0x36, bytesOf(data)));
}

/**
 * Lower-case hexadecimal digits of bytes.
 *
 * @example
 * hex(sha256('')).slice(0, 8) // => 'e3b0c442'
 */
export function hex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}
