/**
 * The compare-and-set of a partition's state. It only compares and stores: all numbers are worked out by the caller.
 * Everything is checked before the first write, writes come before deletions, and every key is named: so it is done
 * whole or not at all, also where memory is short, on Redis 6 and later and on Valkey.
 *
 * KEYS: the head; the parts that are touched, those with new bytes first; the parts that go.
 * ARGV: the revision that must be there, empty for none; the new one; how many parts get bytes; how many are touched; of
 * each of these how many pieces it has; the bytes; names and values of the head's fields.
 *
 * Returns `done`, also where this very commit is there already; `found` and the revision that is there instead; or
 * `lost`, where a part is not as it was left.
 */
export const COMMIT_SCRIPT = `
local found = redis.call('HGET', KEYS[1], 'revision') or ''
if found == ARGV[2] then return { 'done' } end
if found ~= ARGV[1] then return { 'found', found } end
local added, touched = tonumber(ARGV[3]), tonumber(ARGV[4])
for i = 1, touched do
  if tostring(redis.call('LLEN', KEYS[1 + i])) ~= ARGV[4 + i] then return { 'lost' } end
end
for i = 1, added do redis.call('RPUSH', KEYS[1 + i], ARGV[4 + touched + i]) end
redis.call('HSET', KEYS[1], unpack(ARGV, 5 + touched + added))
for i = 1 + added, touched do redis.call('PERSIST', KEYS[1 + i]) end
for i = 2 + touched, #KEYS do redis.call('UNLINK', KEYS[i]) end
return { 'done' }`;

/**
 * Adds one piece to a part that no head names yet, and that goes by itself if none ever will. Sent twice it is there once.
 *
 * KEYS: the part. ARGV: how many pieces it must have; the bytes; how long it is kept, ms. Returns how many it has.
 */
export const PIECE_SCRIPT = `
if tostring(redis.call('LLEN', KEYS[1])) == ARGV[1] then
  redis.call('RPUSH', KEYS[1], ARGV[2])
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
return redis.call('LLEN', KEYS[1])`;
