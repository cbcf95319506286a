import { nameFault } from '@armature/sdk/protocol';
import { z } from 'zod';
import { serverError } from '../errors.js';
import { KEY_KINDS } from './api-key.js';

/** Keys of one name that may be in use at once: the old one and the new one while it is replaced. */
export const LIVE_KEYS = 2;

const recordSchema = z.strictObject({
  kid: z.string().regex(/^[0-9a-f]{8}$/),
  kind: z.enum(KEY_KINDS),
  name: z.string().refine((name) => nameFault(name) === undefined),
  /** SHA-256 of the key, in hexadecimal. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  created: z.iso.datetime(),
  origins: z
    .array(z.string().refine((origin) => originFault(origin) === undefined))
    .readonly()
    .optional(),
  /** Since when it is refused. It stays in the file, so that the list tells what became of it. */
  revoked: z.iso.datetime().optional(),
});
const fileSchema = z.strictObject({ schema: z.literal(1), keys: z.array(recordSchema) });

/** A key as the data directory keeps it: never its text. */
export type KeyRecord = Readonly<z.infer<typeof recordSchema>>;

/**
 * Why a text is no origin as browsers send it, or undefined.
 *
 * @example
 * originFault('https://shop.example/') // => 'is not the origin itself, which is https://shop.example'
 */
export function originFault(text: string): string | undefined {
  if (!URL.canParse(text) || !/^https?:/i.test(text)) return 'is no origin such as https://shop.example';
  const { origin } = new URL(text);
  return origin === text ? undefined : `is not the origin itself, which is ${origin}`;
}

/**
 * Reads the file of keys.
 *
 * @param path named in the error
 * @throws KEY_FILE_INVALID, which tells the place of the fault and nothing of what stands there
 */
export function parseKeyFile(text: string, path: string): readonly KeyRecord[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw serverError('KEY_FILE_INVALID', { got: `${path}: no JSON` });
  }
  const parsed = fileSchema.safeParse(json);
  if (parsed.success) return parsed.data.keys;
  throw serverError('KEY_FILE_INVALID', {
    got: `${path}: a fault at ${parsed.error.issues[0]?.path.join('.') || 'its root'}`,
  });
}

export function keyFileText(keys: readonly KeyRecord[]): string {
  return `${JSON.stringify({ schema: 1, keys }, null, 2)}\n`;
}

/**
 * The records with one more.
 *
 * @throws KEY_INVALID for a bad name, a browser key without origins or another one with them, and a third live key of a name
 */
export function withKey(keys: readonly KeyRecord[], made: KeyRecord): readonly KeyRecord[] {
  const refuse = (got: string, todo: string): never => {
    throw serverError('KEY_INVALID', { got, todo });
  };
  const wrong = nameFault(made.name);
  if (wrong !== undefined) refuse(`a name that ${wrong}`, 'name it like checkout or web.shop');
  const origins = made.origins ?? [];
  if (made.kind === 'browser' && origins.length === 0) {
    refuse('a browser key without origins', 'give each with --origin https://shop.example');
  }
  if (made.kind !== 'browser' && origins.length > 0) refuse(`origins of a ${made.kind} key`, 'leave --origin out');
  for (const origin of origins) {
    const fault = originFault(origin);
    if (fault !== undefined) refuse(`--origin ${JSON.stringify(origin)}, which ${fault}`, 'give scheme, host and port');
  }
  const live = keys.filter(({ name, revoked }) => name === made.name && revoked === undefined);
  if (live.length >= LIVE_KEYS) {
    refuse(
      `${live.length} live keys named ${made.name}: ${live.map(({ kid }) => kid).join(', ')}`,
      'revoke one with `armature keys revoke`',
    );
  }
  return [...keys, made];
}

/**
 * The records with one revoked. One that is revoked already stays as it is.
 *
 * @param time RFC 3339
 * @throws KEY_UNKNOWN
 */
export function withoutKey(keys: readonly KeyRecord[], kid: string, time: string): readonly KeyRecord[] {
  if (!keys.some((key) => key.kid === kid)) throw serverError('KEY_UNKNOWN', { got: JSON.stringify(kid.slice(0, 20)) });
  return keys.map((key) => (key.kid === kid ? { ...key, revoked: key.revoked ?? time } : key));
}
