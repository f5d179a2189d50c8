import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';

/** Runs a script on keys and arguments: one round trip, or two where Redis does not know it, after a restart, say. */
export type RedisScript = (
  redis: Redis,
  keys: readonly string[],
  args: readonly (string | number)[],
) => Promise<unknown>;

/** A Lua script, which Redis runs as one step that nobody sees half done. */
export function redisScript(lua: string): RedisScript {
  const digest = createHash('sha1').update(lua).digest('hex');
  return async (redis, keys, args) => {
    const operands = [keys.length, ...keys, ...args];
    try {
      return await redis.call('EVALSHA', [digest, ...operands]);
    } catch (error) {
      // The one error that says for certain that nothing was done.
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return redis.call('EVAL', [lua, ...operands]);
    }
  };
}
