import type Database from 'libsql';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import { type Clock, elapsedSince } from '../clock/clock.js';
import type { CallLimit } from '../limiter/call-limiter.js';
import type { CallJournal } from './journaled-call-limiter.js';
import { rowReader } from './row-reader.js';
import { inTransaction, withoutDisk } from './transactions.js';

/** A connection is written down no more often than this for each third of its calls, however short its window is. */
const minBlockMs = 10_000;

/** Gives work the journal's statements, and the database as it is now. */
export type UseJournal = <R>(work: (statements: JournalStatements, database: Database.Database) => R) => R;

type JournalStatements = ReturnType<typeof prepareJournal>;

/** Calls of a connection, and when the last of them was made at the latest. */
interface CallBlock {
  calls: number;
  latestMs: number;
  /** How many of them were not made yet. */
  left: number;
}

const readRow = rowReader(
  Type.Object({
    connectionId: Type.String(),
    wallMs: Type.Number(),
    monotonicMs: Type.Number(),
    blocks: Type.String(),
  }),
);
/** For each block its calls, and for how long more they could be made when it was written, negative if no more. */
const blocksCheck = Compile(Type.Array(Type.Tuple([Type.Integer({ minimum: 1 }), Type.Number()])));

/**
 * The calls of the last window in the embedded database: the limit holds over restarts and crashes, too.
 *
 * A third of a connection's calls is written down at a time, before the first of them is made; of a short window, all
 * that the next seconds can have. After a crash all of such a block count, as made at the latest moment that is
 * possible: when the next process began, or when the block was over. A connection has a row only while its calls are in
 * their window, or not much longer.
 */
export class SqliteCallJournal {
  readonly #use: UseJournal;
  readonly #limit: CallLimit;
  readonly #block: { readonly calls: number; readonly forMs: number };
  readonly #clock: Pick<Clock, 'now' | 'monotonic'>;
  /** What the rows say, by the monotonic clock; the oldest block first. */
  readonly #blocks = new Map<string, CallBlock[]>();
  #sweepAtMs: number;

  /** Reads what an earlier process has left. The database stays the caller's, who may put another in its place. */
  constructor(
    use: UseJournal,
    options: { readonly limit: CallLimit; readonly clock: Pick<Clock, 'now' | 'monotonic'> },
  ) {
    this.#use = use;
    const { calls, windowMs } = options.limit;
    this.#limit = options.limit;
    this.#block =
      windowMs >= minBlockMs
        ? { calls: Math.ceil(calls / 3), forMs: windowMs }
        : { calls: calls * (Math.ceil(minBlockMs / windowMs) + 1), forMs: minBlockMs };
    this.#clock = options.clock;
    this.#sweepAtMs = this.#clock.monotonic() + this.#limit.windowMs;
    use((statements, database) => {
      inTransaction(database, () => {
        for (const row of statements.all.all().map(readRow)) this.#recall(row, statements);
      });
    });
  }

  /** A connection's part. */
  of(connectionId: string): CallJournal {
    return {
      read: () => this.#agesMs(connectionId),
      granted: () => this.#count(connectionId),
      settle: (agesMs) => this.#settle(connectionId, agesMs),
    };
  }

  /** Written again as what is now known of it: an open block ended with its process, and a process after this one is told. */
  #recall(row: ReturnType<typeof readRow>, statements: JournalStatements): void {
    const nowMs = this.#clock.monotonic();
    const writtenAtMs = nowMs - (elapsedSince(row, this.#clock) ?? 0);
    const blocks = parseBlocks(row.blocks).map(([calls, forMs]) => {
      return { calls, latestMs: Math.min(writtenAtMs + forMs, nowMs), left: 0 };
    });
    this.#keep(row.connectionId, blocks, nowMs, statements);
  }

  #agesMs(connectionId: string): readonly number[] {
    const nowMs = this.#clock.monotonic();
    const blocks = this.#blocks.get(connectionId) ?? [];
    return blocks.flatMap(({ calls, latestMs }) =>
      Array<number>(Math.min(calls, this.#limit.calls)).fill(Math.max(0, nowMs - latestMs)),
    );
  }

  /** One more call: of the open block, if there is one, else of a new one. */
  #count(connectionId: string): void {
    const nowMs = this.#clock.monotonic();
    const blocks = this.#blocks.get(connectionId) ?? [];
    const last = blocks.at(-1);
    if (last !== undefined && last.left > 0 && nowMs < last.latestMs) {
      last.left -= 1;
      return;
    }
    if (last !== undefined) close(last, nowMs);
    const { calls, forMs } = this.#block;
    blocks.push({ calls, latestMs: nowMs + forMs, left: calls - 1 });
    this.#write((statements) => this.#keep(connectionId, blocks, nowMs, statements));
    this.#sweep(nowMs);
  }

  #settle(connectionId: string, agesMs: readonly number[]): void {
    const nowMs = this.#clock.monotonic();
    const blocks = agesMs.map((ageMs) => ({ calls: 1, latestMs: nowMs - ageMs, left: 0 }));
    if (blocks.length > 0 || this.#blocks.has(connectionId))
      this.#write((statements) => this.#keep(connectionId, blocks, nowMs, statements));
  }

  /** Puts a connection's blocks in the place of those that it had; without those whose calls have left their window. */
  #keep(connectionId: string, blocks: readonly CallBlock[], nowMs: number, statements: JournalStatements): void {
    const kept = blocks.filter(({ latestMs }) => latestMs + this.#limit.windowMs > nowMs);
    if (kept.length === 0) {
      this.#blocks.delete(connectionId);
      statements.remove.run(connectionId);
      return;
    }
    this.#blocks.set(connectionId, kept);
    const written = JSON.stringify(kept.map(({ calls, latestMs }) => [calls, latestMs - nowMs]));
    statements.put.run(connectionId, this.#clock.now(), nowMs, written);
  }

  /** Once a window: removes the rows of connections that have made no call since. */
  #sweep(nowMs: number): void {
    if (nowMs < this.#sweepAtMs) return;
    this.#sweepAtMs = nowMs + this.#limit.windowMs;
    const isOver = ({ latestMs }: CallBlock) => latestMs + this.#limit.windowMs <= nowMs;
    const over = [...this.#blocks].filter(([, blocks]) => blocks.every(isOver));
    this.#write((statements, database) => {
      inTransaction(database, () => {
        for (const [connectionId] of over) this.#keep(connectionId, [], nowMs, statements);
      });
    });
  }

  /** What is written outlives the process, but not a power cut: no call waits for the disk, nor fails if that is full. */
  #write(work: (statements: JournalStatements, database: Database.Database) => void): void {
    try {
      this.#use((statements, database) => withoutDisk(database, () => work(statements, database)));
    } catch {
      // The event store has the same disk, and tells of it.
    }
  }
}

/** Nothing more is made of a block: now it has the calls that were made, no others. */
function close(block: CallBlock, nowMs: number): void {
  block.calls -= block.left;
  block.left = 0;
  block.latestMs = Math.min(block.latestMs, nowMs);
}

function parseBlocks(json: string): readonly (readonly [calls: number, forMs: number])[] {
  try {
    const blocks: unknown = JSON.parse(json);
    if (blocksCheck.Check(blocks)) return blocks;
  } catch {
    // As below.
  }
  // Somebody has spoilt it. It is of a minute, and no reason not to start.
  return [];
}

/** The journal's statements, compiled once; its table is made if it is not there. */
export function prepareJournal(database: Database.Database) {
  database.exec(`
    CREATE TABLE IF NOT EXISTS granted_calls (
      connection_id TEXT NOT NULL PRIMARY KEY,
      wall_ms REAL NOT NULL,
      monotonic_ms REAL NOT NULL,
      blocks TEXT NOT NULL
    ) WITHOUT ROWID`);
  return {
    all: database.prepare(
      'SELECT connection_id AS connectionId, wall_ms AS wallMs, monotonic_ms AS monotonicMs, blocks FROM granted_calls',
    ),
    put: database.prepare('INSERT OR REPLACE INTO granted_calls VALUES (?, ?, ?, ?)'),
    remove: database.prepare('DELETE FROM granted_calls WHERE connection_id = ?'),
  };
}
