import type { Redis } from 'ioredis';
import type { Clock } from '../clock/clock.js';
import type { RedisScript } from '../redis/redis.js';
import { bottleneckScript, type PermitTerms, renewPermit } from './bottleneck-scripts.js';

/** Another replica took the permit between Bottleneck's two questions, whether there is room and for a place in it. */
export class LostRaceError extends Error {}

/** How a connection's permits stood in one instant, over all replicas. */
export interface PermitStock {
  readonly permitsOut: number;
  /** Until the first of them ends; 0 where none is out. */
  readonly freeInMs: number;
}

type Answer = (error: Error | null, reply?: unknown) => void;
type ScriptCall = readonly [keyCount: number, ...keysAndValues: (string | number)[], answer: Answer];

/** Bottleneck's scripts by name. Their text comes from the installed version and is the same for every limiter. */
const scripts = new Map<string, RedisScript>();

/** Bottleneck listens here for room, which matters to queued jobs only; there are none. */
const subscriber = {
  status: 'ready',
  setMaxListeners: () => undefined,
  on: () => undefined,
  subscribe: (_channel: string, subscribed: () => void) => subscribed(),
  unsubscribe: async () => undefined,
};

/**
 * What a Bottleneck takes for its ioredis client. It passes Bottleneck's scripts on to the client that all share, so a
 * limiter has no socket and no subscription of its own, and never waits for a connection: a script fails where there
 * is none. What it changes:
 *
 * - The scripts go by the time of Redis and tell how many permits are out (`bottleneck-scripts.ts`).
 * - A job's end gives nothing back: a permit ends by its expiration, in Redis, whoever is still there to see it.
 * - Errors have the texts that Bottleneck compares. Redis 7 adds to them, and Bottleneck would not repair itself.
 * - A job that gets no place fails with `LostRaceError` instead of staying in the queue.
 */
export class BottleneckClient {
  readonly status = 'ready';
  readonly #redis: Redis;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #terms: PermitTerms;
  #stock: PermitStock = { permitsOut: 0, freeInMs: 0 };
  /** The permit asked for last. */
  #permit: { readonly id: string | number; readonly keys: readonly string[]; readonly askedAtMs: number } | undefined;

  constructor(options: { redis: Redis; clock: Pick<Clock, 'now'>; terms: PermitTerms }) {
    this.#redis = options.redis;
    this.#clock = options.clock;
    this.#terms = options.terms;
  }

  /** As the last script told. */
  get stock(): PermitStock {
    return this.#stock;
  }

  /** How long ago the last permit was asked for; it began at some time since. */
  get permitAgeMs(): number {
    return this.#permit === undefined ? 0 : this.#clock.now() - this.#permit.askedAtMs;
  }

  /** Lets the last permit begin now. */
  async renewPermit(): Promise<PermitStock> {
    const { keys, id } = this.#permit ?? { keys: [], id: '' };
    const reply = await renewPermit.run(this.#redis, keys, [id, this.#terms.permitMs]);
    return readStock(Array.isArray(reply) ? reply : []);
  }

  setMaxListeners(): void {}

  on(): void {}

  duplicate(): typeof subscriber {
    return subscriber;
  }

  defineCommand(name: string, { lua }: { readonly lua: string }): void {
    if (!scripts.has(name)) scripts.set(name, bottleneckScript(name, lua));
  }

  init(...call: ScriptCall): void {
    this.#run('init', read(call));
  }

  register_client(...call: ScriptCall): void {
    this.#run('register_client', read(call));
  }

  heartbeat(...call: ScriptCall): void {
    this.#run('heartbeat', read(call));
  }

  submit(...call: ScriptCall): void {
    this.#run('submit', read(call));
  }

  register(...call: ScriptCall): void {
    const { keys, values, answer } = read(call);
    const [, , id = ''] = values;
    this.#permit = { id, keys, askedAtMs: this.#clock.now() };
    this.#run('register', {
      keys,
      values,
      answer: (error, reply) => {
        const lost = Array.isArray(reply) && reply[0] === null;
        answer(lost ? new LostRaceError('another replica took the permit') : error, reply);
      },
    });
  }

  free(...call: ScriptCall): void {
    read(call).answer(null, this.#stock.permitsOut);
  }

  #run(name: string, { keys, values, answer }: ReturnType<typeof read>): void {
    const { calls, permitMs, ttlMs } = this.#terms;
    const run = async () => {
      const reply = await scripts.get(name)?.run(this.#redis, keys, [...values, calls, permitMs, ttlMs]);
      const [bottlenecks, ...stock]: unknown[] = Array.isArray(reply) ? reply : [];
      this.#stock = readStock(stock);
      return bottlenecks;
    };
    run().then(
      (reply) => answer(null, reply),
      (error: unknown) => answer(repairable(error)),
    );
  }
}

function readStock([permitsOut, freeInMs]: readonly unknown[]): PermitStock {
  if (typeof permitsOut === 'number' && typeof freeInMs === 'number') return { permitsOut, freeInMs };
  throw new Error('expected a script to tell how many permits are out and when the first ends, got something else');
}

/** The error as Bottleneck knows it. The command, which ioredis attaches, is left behind: it has the whole script. */
function repairable(error: unknown): Error {
  const text = error instanceof Error ? error.message : String(error);
  const known = ['SETTINGS_KEY_NOT_FOUND', 'UNKNOWN_CLIENT'].find((name) => text.includes(name));
  return new Error(known ?? text);
}

function read(call: ScriptCall) {
  const [keyCount, ...rest] = call;
  const words: (string | number)[] = [];
  let answer: Answer = () => undefined;
  for (const part of rest) {
    if (typeof part === 'function') answer = part;
    else words.push(part);
  }
  return { keys: words.slice(0, keyCount).map(String), values: words.slice(keyCount), answer };
}
