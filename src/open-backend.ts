import { resolve } from 'node:path';
import type { FastifyBaseLogger } from 'fastify';
import type { Clock } from './clock/clock.js';
import type { Config } from './config/settings.js';
import type { LimiterOptions } from './connection/connection-registry.js';
import type { EventStore } from './engine/event-store.js';
import type { CallLimiter } from './limiter/call-limiter.js';
import { RedisCallLimiter } from './limiter/redis-call-limiter.js';
import { closeRedis, openRedis } from './redis/redis.js';
import { JournaledCallLimiter } from './stores/journaled-call-limiter.js';
import { DatabaseInUseError } from './stores/open-database.js';
import { exposedPaths } from './stores/private-files.js';
import { RedisStore } from './stores/redis-store.js';
import { SqliteStore } from './stores/sqlite-store.js';

/** The client tries a Redis that is away about once a second. A log line says this often that it is still away. */
const reportEveryMs = 60_000;
/** How often a process that waits for the embedded store tries to open it. */
const openEveryMs = 200;

interface BackendOptions {
  readonly clock: Clock;
  readonly logger: FastifyBaseLogger;
  readonly random: () => number;
  /** Ends the wait for the embedded store. */
  readonly signal?: AbortSignal | undefined;
}

/** What holds event logs and counts calls: within this process, or shared with other replicas. */
export interface Backend {
  readonly kind: 'sqlite' | 'redis';
  readonly store: EventStore;
  readonly createLimiter: (options: LimiterOptions) => CallLimiter;
  /** Whether Redis is connected; undefined if none is used. */
  readonly redisIsUp?: () => boolean;
  /** Ends what limiters still need when the store is closed. */
  close(): Promise<void>;
}

/**
 * Opens the backend that the configuration names: Redis if `redisUrl` is set, else the embedded one.
 * A Redis that is away does not keep the service from starting: the client finds it when it comes.
 * @throws {Error} if the embedded store cannot be opened, or the signal's reason if it aborts the wait for that
 */
export async function openBackend(config: Config, options: BackendOptions): Promise<Backend> {
  const { clock, logger, random } = options;
  if (config.redisUrl === undefined) {
    const store = await openSqliteStore(config.dataDir, options);
    for (const { path, mode } of exposedPaths(config.dataDir)) {
      logger.warn({ path: resolve(path), mode }, 'others may read the event store, and it could not be narrowed');
    }
    const limit = { calls: config.rateLimitCalls, windowMs: config.rateLimitWindowMs };
    const journal = store.openCallJournal({ limit, clock });
    return {
      kind: 'sqlite',
      store,
      createLimiter: (options) => new JournaledCallLimiter(journal.of(options.connectionId), options),
      close: async () => undefined,
    };
  }
  let reportedMs = Number.NEGATIVE_INFINITY;
  const redis = openRedis(config.redisUrl, {
    onError: ({ message }) => {
      if (clock.monotonic() - reportedMs < reportEveryMs) return;
      reportedMs = clock.monotonic();
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
    close: () => closeRedis(redis),
  };
}

/** The embedded store, as soon as no other process has it. An update starts the new process before it stops the old. */
async function openSqliteStore(folder: string, { clock, logger, signal }: BackendOptions): Promise<SqliteStore> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return new SqliteStore(folder, {
        clock,
        onSpoilt: ({ file, reason }) =>
          logger.error(
            { folder: resolve(folder), file, reason },
            'the event store was spoilt; it is put aside, and begun anew',
          ),
      });
    } catch (error) {
      if (!(error instanceof DatabaseInUseError)) throw error;
    }
    if (attempt === 0)
      logger.warn({ folder: resolve(folder) }, 'another process has the event store; waiting for its end');
    await clock.sleep(openEveryMs, signal);
  }
}
