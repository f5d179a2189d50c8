import type { FastifyBaseLogger } from 'fastify';
import type { Clock } from './clock/clock.js';
import type { Config } from './config/config.js';
import type { LimiterOptions } from './connection/connection-registry.js';
import type { EventStore } from './engine/event-store.js';
import type { CallLimiter } from './limiter/call-limiter.js';
import { LocalCallLimiter } from './limiter/local-call-limiter.js';
import { RedisCallLimiter } from './limiter/redis-call-limiter.js';
import { closeRedis, openRedis } from './redis/redis.js';
import { RedisStore } from './stores/redis-store.js';
import { SqliteStore } from './stores/sqlite-store.js';

/** A Redis that is away is tried about once a second; that it still is away is logged this seldom. */
const reportEveryMs = 60_000;

/** What holds event logs and counts calls: within this process, or shared with other replicas. */
export interface Backend {
  readonly kind: 'sqlite' | 'redis';
  readonly store: EventStore;
  readonly createLimiter: (options: LimiterOptions) => CallLimiter;
  /** Whether Redis is connected; undefined where none is used. */
  readonly redisIsUp?: () => boolean;
  close(): Promise<void>;
}

/**
 * Opens the backend that the configuration names: Redis where `redisUrl` is set, else the embedded one.
 * A Redis that cannot be reached does not keep the service from starting: it is found when it comes.
 * @throws {Error} where the embedded store cannot be opened
 */
export async function openBackend(
  config: Config,
  { clock, logger, random }: { clock: Clock; logger: FastifyBaseLogger; random: () => number },
): Promise<Backend> {
  if (config.redisUrl === undefined) {
    const store = new SqliteStore(config.dataDir);
    return {
      kind: 'sqlite',
      store,
      createLimiter: (options) => new LocalCallLimiter(options),
      close: () => store.close(),
    };
  }
  let reportedMs = Number.NEGATIVE_INFINITY;
  const redis = openRedis(config.redisUrl, {
    onError: ({ message }) => {
      if (clock.now() - reportedMs < reportEveryMs) return;
      reportedMs = clock.now();
      logger.error({ reason: message }, 'Redis cannot be reached; it is tried again every second');
    },
  });
  redis.on('ready', () => {
    reportedMs = Number.NEGATIVE_INFINITY;
    logger.info('Redis is connected');
  });
  // Whether it succeeds or not: the client goes on trying by itself.
  await redis.connect().catch(() => undefined);
  const store = new RedisStore(redis, { retentionMs: config.eventRetentionMs, random });
  return {
    kind: 'redis',
    store,
    createLimiter: (options) => new RedisCallLimiter({ ...options, redis }),
    redisIsUp: () => redis.status === 'ready',
    async close() {
      await store.close();
      await closeRedis(redis);
    },
  };
}
