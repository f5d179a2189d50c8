import type { Redis } from 'ioredis';

/** Ends a client once the commands under way are answered. Never rejects, and takes at most as long as a command. */
export async function closeRedis(redis: Redis): Promise<void> {
  if (redis.status === 'ready') await redis.quit().catch(() => undefined);
  redis.disconnect();
}
