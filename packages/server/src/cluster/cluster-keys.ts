import { type TokenKey, tokenKey } from '@armature/sdk/protocol';
import { disk } from '../adapters/disk.js';
import { readKeyFile } from '../adapters/key-file.js';
import { keptSigningKey } from '../adapters/signing-key.js';
import { type KeyRing, openKeyRing } from '../keys/key-ring.js';
import type { Logger } from '../ports.js';

/**
 * The keys of one of several servers. It signs tokens with the first key of the configuration, which all servers have: a
 * reward may come to another one than the decision. What a server keeps in its own directory none of the others knows.
 *
 * @param configured texts of keys
 * @param data the server's own directory
 */
export function clusterKeys(configured: readonly string[], data: string, logger: Logger): Promise<KeyRing> {
  const [first] = configured;
  const own = (): Promise<TokenKey> => {
    const remedy = 'give all servers the same ARMATURE_API_KEYS';
    logger.warn('tokens of this server are refused by others', { got: 'API keys in its own directory only', remedy });
    return keptSigningKey(disk(), data);
  };
  const kept = async (): Promise<TokenKey> => (first === undefined ? own() : tokenKey(first));
  return openKeyRing({ configured, read: () => readKeyFile(disk(), data), kept, alwaysSign: false, logger });
}
