import { Redis } from 'ioredis';

/** All that a Redis is told from now on, and all that it holds, for a test that searches them. */
export class RedisContents {
  readonly #redis: Redis;
  readonly #monitor: Redis;
  readonly #commands: string[] = [];

  private constructor(redis: Redis, monitor: Redis) {
    this.#redis = redis;
    this.#monitor = monitor;
    monitor.on('monitor', (_time: string, args: readonly string[]) => this.#commands.push(args.join(' ')));
  }

  /** Begins to watch a Redis. The test's end ends it. */
  static async watch(t: { teardown(end: () => unknown): void }, url: URL): Promise<RedisContents> {
    const redis = new Redis(url.href);
    const contents = new RedisContents(redis, await redis.monitor());
    t.teardown(() => contents.end());
    return contents;
  }

  /** Watches no longer. To be called before the Redis ends. */
  end(): void {
    this.#monitor.disconnect();
    this.#redis.disconnect();
  }

  /** From now on clients need a password. */
  async demandPassword(password: string): Promise<void> {
    await this.#redis.config('SET', 'requirepass', password);
  }

  /** Every command so far, those of scripts too. */
  commands(): string {
    return this.#commands.join('\n');
  }

  /** Every key with its value. */
  async dump(): Promise<string> {
    const lines: string[] = [];
    for (const key of await this.#redis.keys('*')) lines.push(`${key} ${JSON.stringify(await this.#valueOf(key))}`);
    return lines.join('\n');
  }

  async #valueOf(key: string): Promise<unknown> {
    const type = await this.#redis.type(key);
    if (type === 'string') return this.#redis.get(key);
    if (type === 'hash') return this.#redis.hgetall(key);
    if (type === 'stream') return this.#redis.xrange(key, '-', '+');
    if (type === 'set') return this.#redis.smembers(key);
    if (type === 'zset') return this.#redis.zrange(key, 0, -1, 'WITHSCORES');
    throw new Error(`This test cannot read a ${type} (${key}).`);
  }
}
