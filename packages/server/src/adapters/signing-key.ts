import { randomBytes } from 'node:crypto';
import { layoutOf } from '@armature/analysis/log';
import { type TokenKey, tokenKey } from '@armature/sdk/protocol';
import type { FileSystem } from '../ports.js';
import { writeAtomically } from './atomic-file.js';

const OWNER_ONLY = 0o600;

/** The token key kept in a data directory, made at first use. The caller holds the directory's lock. */
export async function keptSigningKey(fs: FileSystem, directory: string): Promise<TokenKey> {
  const path = layoutOf(directory).signingKey;
  const kept = (await fs.readText(path))?.trim();
  if (kept !== undefined && /^[0-9a-f]{64}$/.test(kept)) return tokenKey(kept);
  const made = randomBytes(32).toString('hex');
  await writeAtomically(fs, path, `${made}\n`, OWNER_ONLY);
  return tokenKey(made);
}
