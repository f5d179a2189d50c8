import type { Redis } from 'ioredis';
import {
  type Commit,
  type EventStore,
  type LocatedPosition,
  type LogPage,
  type LogPosition,
  type LogQuery,
  type PollLease,
  type StoredSnapshot,
  StoreUnavailableError,
} from '../engine/event-store.js';
import { acquireLeaseScript, extendLeaseScript } from './redis-lease-scripts.js';
import {
  acceptedKeyOf,
  connectionIdOf,
  keyPrefix,
  leaseKeyOf,
  logKeysOf,
  pairs,
  readCommitted,
  readLease,
  readLoaded,
  readLocated,
  readPage,
  readTrimmed,
  readUnlogged,
  stateOf,
} from './redis-log-layout.js';
import {
  commitScript,
  loadScript,
  locateScript,
  readScript,
  trimScript,
  unloggedScript,
} from './redis-store-scripts.js';

/** A connection that nobody polls any more expires this long after a trim would have forgotten it. */
const expiryMarginMs = 3_600_000;
/** A random delay, so that the last holder of the lease does not always win the next. */
const maxLeaseSpreadMs = 1_000;
/** Redis does nothing else meanwhile: one step of trimming takes some milliseconds at most. */
const maxEventsPerTrim = 200;
const maxKeysPerScan = 500;
const checkKeyMs = 60_000;

/**
 * The shared store: one Redis (6.2 or newer) for any number of replicas. Each method but `trim` is one script: one round
 * trip, and one step that nobody sees half done. All keys of a connection have one hash tag, so they are on the same
 * node of a Redis Cluster. All of them expire.
 *
 * Redis may lose everything, the last second, or a key that it evicted. Then the log is lost, or its end is foreign to
 * hosts that had more: they go on from their frontier.
 */
export class RedisStore implements EventStore {
  readonly #redis: Redis;
  readonly #keepMs: number;
  readonly #random: () => number;

  /**
   * @param redis a client whose commands fail within 300 ms: see `openRedis`. The caller closes it.
   * @param options.retentionMs how long a connection is kept, at least, after its last commit
   */
  constructor(redis: Redis, options: { readonly retentionMs: number; readonly random: () => number }) {
    this.#redis = redis;
    this.#keepMs = options.retentionMs + expiryMarginMs;
    this.#random = options.random;
  }

  async load(connectionId: string): Promise<StoredSnapshot | undefined> {
    return this.#reporting(async () => {
      const loaded = readLoaded(await loadScript.run(this.#redis, logKeysOf(connectionId), []));
      if (loaded === null) return undefined;
      const [, , , , , records] = loaded;
      return { ...stateOf(loaded), records: new Map(pairs(records)) };
    });
  }

  async commit(connectionId: string, commit: Commit): Promise<LogPosition | undefined> {
    return this.#reporting(async () => {
      const { expectedCommitId, commitId, header, learnedAtMs, events, changedRecords, removedRecords } = commit;
      const committed = readCommitted(
        await commitScript.run(this.#redis, logKeysOf(connectionId), [
          ...[optional(expectedCommitId), commitId, header, learnedAtMs, this.#keepMs],
          events.length,
          ...events.flatMap(({ key, kind, subject, occurredAtMs, payload }) => [
            key,
            kind,
            subject,
            occurredAtMs,
            payload,
          ]),
          changedRecords.size,
          ...[...changedRecords].flat(),
          ...removedRecords,
        ]),
      );
      return committed === null ? undefined : { sequence: committed[0], commitId: committed[1] };
    });
  }

  async read(connectionId: string, { filter, after, notBeforeMs, limit }: LogQuery): Promise<LogPage | undefined> {
    return this.#reporting(async () => {
      const query = [after.sequence, after.commitId, filter.kind, optional(filter.subject), notBeforeMs, limit];
      const page = readPage(await readScript.run(this.#redis, logKeysOf(connectionId), query));
      if (page === null) return undefined;
      const [, , , , , contains, found, earliestMs] = page;
      const events = found.map(([sequence, commitId, key, at, payload]) => {
        return { sequence, commitId, key, occurredAtMs: Number(at), payload };
      });
      const rest = earliestMs === null ? undefined : { earliestMs };
      return { ...stateOf(page), contains: contains === 1, events, rest };
    });
  }

  async locate(connectionId: string, position?: LogPosition): Promise<LocatedPosition | undefined> {
    return this.#reporting(async () => {
      const { sequence, commitId } = position ?? { sequence: '', commitId: '' };
      const located = readLocated(await locateScript.run(this.#redis, logKeysOf(connectionId), [sequence, commitId]));
      return located === null ? undefined : { ...stateOf(located), contains: located[5] === 1 };
    });
  }

  async unlogged(connectionId: string, keys: readonly string[]): Promise<ReadonlySet<string>> {
    return this.#reporting(async () => {
      const places = readUnlogged(await unloggedScript.run(this.#redis, logKeysOf(connectionId), keys));
      return new Set(places === null ? keys : places.flatMap((place) => keys[place - 1] ?? []));
    });
  }

  async acquireLease(connectionId: string, forMs: number): Promise<PollLease> {
    return this.#reporting(async () => {
      const keys = [...logKeysOf(connectionId), leaseKeyOf(connectionId)];
      const [granted, leftMs, commitId] = readLease(
        await acquireLeaseScript.run(this.#redis, keys, [durationOf(forMs)]),
      );
      const spreadMs = granted === 1 ? Math.floor(this.#random() * maxLeaseSpreadMs) : 0;
      return { granted: granted === 1, nextInMs: leftMs + spreadMs, commitId: commitId ?? undefined };
    });
  }

  async extendLease(connectionId: string, forMs: number): Promise<void> {
    await this.#reporting(() => extendLeaseScript.run(this.#redis, [leaseKeyOf(connectionId)], [durationOf(forMs)]));
  }

  async isAccepted(id: string): Promise<boolean> {
    // A log proves it, too: it has only what an accepted key has read.
    return this.#reporting(async () => (await this.#redis.exists(acceptedKeyOf(id), ...logKeysOf(id).slice(0, 1))) > 0);
  }

  async rememberAccepted(id: string): Promise<void> {
    await this.#reporting(() => this.#redis.set(acceptedKeyOf(id), '1', 'PX', durationOf(this.#keepMs)));
  }

  /** Goes over all keys in Redis, in small steps. Other replicas may do the same at the same time. */
  async trim(learnedBeforeMs: number): Promise<void> {
    await this.#reporting(async () => {
      let cursor = '0';
      do {
        const [next, keys] = await this.#redis.scan(cursor, 'MATCH', `${keyPrefix}{*}:state`, 'COUNT', maxKeysPerScan);
        for (const key of keys) await this.#trimOne(connectionIdOf(key), learnedBeforeMs);
        cursor = next;
      } while (cursor !== '0');
    });
  }

  async erase(connectionId: string): Promise<void> {
    await this.#reporting(() => this.#redis.unlink(...logKeysOf(connectionId)));
  }

  async check(): Promise<void> {
    await this.#reporting(() => this.#redis.set(`${keyPrefix}check`, '1', 'PX', checkKeyMs));
  }

  /** Whoever opened the client closes it, and nothing else is open. */
  async close(): Promise<void> {}

  async #trimOne(connectionId: string, learnedBeforeMs: number): Promise<void> {
    const keys = logKeysOf(connectionId);
    while (readTrimmed(await trimScript.run(this.#redis, keys, [learnedBeforeMs, maxEventsPerTrim])) === 1);
  }

  /** Works with Redis. If that fails, callers get an error that they understand. */
  async #reporting<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      // The message alone if ioredis attaches the command, which has whatever was to be written.
      throw new StoreUnavailableError(error instanceof Error && 'command' in error ? new Error(error.message) : error);
    }
  }
}

/** A text that may be missing, which is not the same as empty. */
function optional(text: string | undefined): string {
  return text === undefined ? '' : `=${text}`;
}

/** Redis takes whole milliseconds, one at least. */
function durationOf(ms: number): number {
  return Math.max(1, Math.ceil(ms));
}
