import type Database from 'libsql';
import { LRUCache } from 'lru-cache';
import Type, { type Static } from 'typebox';
import { type Clock, elapsedSince } from '../clock/clock.js';
import { rowReader } from './row-reader.js';
import { withoutDisk } from './transactions.js';

const Lease = Type.Object({ lengthMs: Type.Number(), wallMs: Type.Number(), monotonicMs: Type.Number() });
const readLease = rowReader(Lease);
const readName = rowReader(Type.Object({ connectionId: Type.String() }));

const maxRememberedLeases = 20_000;
/** What is shorter counts as over: whoever asks may round to milliseconds. */
const minMs = 1;

/** Every statement about leases, compiled once. */
export function prepareLeaseStatements(database: Database.Database) {
  const columns = 'length_ms AS lengthMs, wall_ms AS wallMs, monotonic_ms AS monotonicMs';
  const put = database.prepare('INSERT OR REPLACE INTO lease VALUES (?, ?, ?, ?)');
  return {
    find: database.prepare(`SELECT ${columns} FROM lease WHERE connection_id = ?`),
    all: database.prepare(`SELECT connection_id AS connectionId, ${columns} FROM lease`),
    remove: database.prepare('DELETE FROM lease WHERE connection_id = ?'),
    /** Outlives the process, as all that is written does; a power cut, which takes longer than a lease, it need not. */
    put(connectionId: string, { lengthMs, wallMs, monotonicMs }: Static<typeof Lease>): void {
      withoutDisk(database, () => put.run(connectionId, lengthMs, wallMs, monotonicMs));
    },
  };
}

type LeaseStatements = ReturnType<typeof prepareLeaseStatements>;

/**
 * The leases to poll of the embedded store. One process has them all, and knows when each ends; they are written down
 * for the process after it. A service that is restarted again and again polls no more often than one that runs.
 */
export class SqliteLeases {
  readonly #clock: Pick<Clock, 'now' | 'monotonic'>;
  /** When each ends, by the monotonic clock: within a process no other counts. */
  readonly #endsAtMs = new LRUCache<string, number>({ max: maxRememberedLeases });

  constructor(clock: Pick<Clock, 'now' | 'monotonic'>) {
    this.#clock = clock;
  }

  /** For how long a connection's lease is still held; 0 if it is not. */
  leftMs(statements: LeaseStatements, connectionId: string): number {
    const endsAtMs = this.#endsAtMs.get(connectionId) ?? this.#recall(statements, connectionId);
    const leftMs = endsAtMs - this.#clock.monotonic();
    return leftMs < minMs ? 0 : leftMs;
  }

  /** Holds a connection's lease from now on, however long it was held. */
  hold(statements: LeaseStatements, connectionId: string, lengthMs: number): number {
    const monotonicMs = this.#clock.monotonic();
    statements.put(connectionId, { lengthMs, wallMs: this.#clock.now(), monotonicMs });
    const endsAtMs = monotonicMs + lengthMs;
    this.#endsAtMs.set(connectionId, endsAtMs);
    return endsAtMs;
  }

  /** Removes what is over. */
  trim(statements: LeaseStatements): void {
    for (const row of statements.all.all()) {
      const { connectionId } = readName(row);
      const elapsedMs = elapsedSince(readLease(row), this.#clock);
      if (elapsedMs !== undefined && elapsedMs >= readLease(row).lengthMs) statements.remove.run(connectionId);
    }
  }

  /** When a lease ends that this process has not granted, or has forgotten. */
  #recall(statements: LeaseStatements, connectionId: string): number {
    const row = statements.find.get(connectionId);
    if (row === undefined) return Number.NEGATIVE_INFINITY;
    const lease = readLease(row);
    const elapsedMs = elapsedSince(lease, this.#clock);
    // Nobody can tell. Written down, so that it ends also for a process that is restarted all the time.
    if (elapsedMs === undefined) return this.hold(statements, connectionId, lease.lengthMs);
    const endsAtMs = this.#clock.monotonic() + lease.lengthMs - elapsedMs;
    this.#endsAtMs.set(connectionId, endsAtMs);
    return endsAtMs;
  }
}
