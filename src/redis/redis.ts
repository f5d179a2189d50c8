import { createHash } from 'node:crypto';
import { Redis } from 'ioredis';

/** A command that has no answer by then fails. */
const commandTimeoutMs = 300;
/** The client replaces a socket that stays silent for this long after something was sent. */
const silenceMs = 1_000;
const maxRetryMs = 1_000;

/**
 * A client for one Redis, not yet connected: call `connect()`, and end it with `closeRedis`.
 *
 * A command is answered or fails within 300 ms, whatever state Redis is in. None waits for a connection. None is ever
 * sent twice, as nobody can tell whether Redis carried out the first. The client itself goes on connecting: it works
 * again within about a second after Redis does, also after a failover, a restart, or a hanging socket.
 */
export function openRedis(
  url: URL,
  options: {
    /** Called for each failed attempt to connect. The error repeats neither the URL nor a command. */
    readonly onError: (error: Error) => void;
  },
): Redis {
  const redis = new Redis(url.href, {
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    commandTimeout: commandTimeoutMs,
    connectTimeout: silenceMs,
    socketTimeout: silenceMs,
    disconnectTimeout: commandTimeoutMs,
    maxLoadingRetryTime: maxRetryMs,
    disableClientInfo: true,
    retryStrategy: (attempt) => Math.min(attempt * 50, maxRetryMs),
    // A server that has become a replica: the next connection is to the new primary.
    reconnectOnError: (error) => error.message.includes('READONLY'),
  });
  redis.on('error', (error: Error) => options.onError(new Error(reasonOf(error))));
  return redis;
}

/** What is safe to tell: ioredis attaches the command to its error, which for AUTH has the password. */
function reasonOf(error: Error & { readonly code?: unknown }): string {
  // If a name stands for several addresses and none answers, Node says it in the code alone.
  return error.message === '' ? String(error.code) : error.message;
}

/** Ends a client once the commands under way are answered. Never rejects, and takes at most as long as a command. */
export async function closeRedis(redis: Redis): Promise<void> {
  if (redis.status === 'ready') await redis.quit().catch(() => undefined);
  redis.disconnect();
}

/** A Lua script that Redis runs as one step. The client sends its text only to a Redis that does not know it yet. */
export class RedisScript {
  readonly #lua: string;
  readonly #sha1: string;

  constructor(lua: string) {
    this.#lua = lua;
    this.#sha1 = createHash('sha1').update(lua).digest('hex');
  }

  /** Resolves with the reply; rejects if Redis does not answer, or with the script's own error. */
  async run(redis: Redis, keys: readonly string[], values: readonly (string | number)[]): Promise<unknown> {
    try {
      return await redis.evalsha(this.#sha1, keys.length, ...keys, ...values);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
    }
    return redis.eval(this.#lua, keys.length, ...keys, ...values);
  }
}
