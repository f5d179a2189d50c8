import type Database from 'libsql';
import type { Clock } from '../clock/clock.js';
import { turn } from '../clock/turn.js';
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
import type { CallLimit } from '../limiter/call-limiter.js';
import { EmbeddedDatabase } from './embedded-database.js';
import type { OpenOptions } from './open-database.js';
import { prepareJournal, SqliteCallJournal, type UseJournal } from './sqlite-call-journal.js';
import { prepareLeaseStatements, SqliteLeases } from './sqlite-leases.js';
import { containsPosition, eventsOf, findRow, insertRow, prepareLogs, restOf, writeCommit } from './sqlite-log.js';
import { isHead, pageOf, readIndex, readRecord, stateOf } from './sqlite-statements.js';
import { eraseSlices, inSlice, prepareTrim, type TrimSlice, trimSlices, vacuum } from './sqlite-trim.js';
import { inTransaction, withoutDisk } from './transactions.js';

/** Says whose file it is (`file events.db` shows it). `check` writes it again, because that changes nothing. */
const applicationId = 0x50444353;

/** What the embedded store takes from the machine, and whom it tells. */
export interface SqliteStoreOptions extends Pick<OpenOptions<unknown>, 'onSpoilt'> {
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
}

function prepare(database: Database.Database) {
  const leases = prepareLeaseStatements(database);
  return { ...prepareLogs(database), leases, journal: prepareJournal(database), trim: prepareTrim(database) };
}

type Prepared = ReturnType<typeof prepare>;

/** The embedded store: one SQLite database in one folder, which belongs to this process until `close`. */
export class SqliteStore implements EventStore {
  readonly #embedded: EmbeddedDatabase<Prepared>;
  readonly #leases: SqliteLeases;
  readonly #clock: Pick<Clock, 'now'>;
  #isClosed = false;

  /**
   * @throws {DatabaseInUseError} while another process, or another store of this one, has the folder
   * @throws {Error} if the folder cannot be used
   */
  constructor(folder: string, { clock, onSpoilt }: SqliteStoreOptions) {
    this.#clock = clock;
    this.#leases = new SqliteLeases(clock);
    this.#embedded = new EmbeddedDatabase(folder, { prepare, onSpoilt, now: () => clock.now() });
  }

  /** The calls of the last window, which the same database has. To be opened once. */
  openCallJournal(options: { readonly limit: CallLimit; readonly clock: Clock }): SqliteCallJournal {
    const use: UseJournal = (work) => this.#embedded.use(({ journal }, database) => work(journal, database));
    return new SqliteCallJournal(use, options);
  }

  async load(connectionId: string): Promise<StoredSnapshot | undefined> {
    return this.#reporting((db) => {
      const row = findRow(db, connectionId);
      if (row === undefined) return undefined;
      const records = db.records.all(row.id).map(readRecord);
      return { ...stateOf(row), records: new Map(records.map(({ id, value }) => [id, value])) };
    });
  }

  async commit(connectionId: string, commit: Commit): Promise<LogPosition | undefined> {
    return this.#reporting((db) => {
      try {
        return inTransaction(db.database, () => {
          const known = findRow(db, connectionId);
          if (known?.revision !== commit.expectedCommitId) return undefined;
          return writeCommit(db, known ?? insertRow(db, connectionId, commit), commit);
        });
      } finally {
        // Whether it was written or taken back.
        db.rows.delete(connectionId);
      }
    });
  }

  async read(connectionId: string, query: LogQuery): Promise<LogPage | undefined> {
    return this.#reporting((db) => {
      const row = findRow(db, connectionId);
      if (row === undefined) return undefined;
      // The usual poll is of a host that has everything.
      if (isHead(row, query.after)) return pageOf(row, { contains: true, events: [], rest: undefined });
      const events = eventsOf(db, row, query);
      const last = events.at(-1)?.sequence ?? query.after.sequence;
      const rest = events.length < query.limit ? undefined : restOf(db, row, query, last);
      return pageOf(row, { contains: containsPosition(db, row, query.after), events, rest });
    });
  }

  async locate(connectionId: string, position?: LogPosition): Promise<LocatedPosition | undefined> {
    return this.#reporting((db) => {
      const row = findRow(db, connectionId);
      return row === undefined
        ? undefined
        : { ...stateOf(row), contains: position !== undefined && containsPosition(db, row, position) };
    });
  }

  async unlogged(connectionId: string, keys: readonly string[]): Promise<ReadonlySet<string>> {
    return this.#reporting((db) => {
      const row = findRow(db, connectionId);
      if (row === undefined) return new Set(keys);
      const places = db.unlogged.all(JSON.stringify(keys), row.id).map(readIndex);
      return new Set(places.flatMap(({ place }) => keys[place] ?? []));
    });
  }

  async acquireLease(connectionId: string, forMs: number): Promise<PollLease> {
    return this.#reporting((db) => {
      const commitId = findRow(db, connectionId)?.revision;
      const leftMs = this.#leases.leftMs(db.leases, connectionId);
      if (leftMs > 0) return { granted: false, nextInMs: leftMs, commitId };
      this.#leases.hold(db.leases, connectionId, forMs);
      return { granted: true, nextInMs: forMs, commitId };
    });
  }

  async extendLease(connectionId: string, forMs: number): Promise<void> {
    this.#reporting((db) => {
      const leftMs = this.#leases.leftMs(db.leases, connectionId);
      if (leftMs < forMs) this.#leases.hold(db.leases, connectionId, forMs);
    });
  }

  async isAccepted(id: string): Promise<boolean> {
    return this.#reporting((db) => db.acceptedKey.get(id) !== undefined);
  }

  async rememberAccepted(id: string): Promise<void> {
    const nowMs = Math.floor(this.#clock.now());
    // What a power cut takes from it, the next call of the key gives back.
    this.#reporting((db) => withoutDisk(db.database, () => db.putAcceptedKey.run(id, nowMs)));
  }

  /** In slices: other work goes on between them, and nothing is lost if the store is closed there. */
  async trim(learnedBeforeMs: number): Promise<void> {
    await this.#inSlices(trimSlices(learnedBeforeMs));
    await this.#inTurns(({ leases, trimAcceptedKeys }, database) => {
      inTransaction(database, () => {
        trimAcceptedKeys.run(learnedBeforeMs);
        this.#leases.trim(leases);
      });
      return false;
    });
    await this.#giveBack();
  }

  /** At once nobody's; removed in slices, and gone from the files when this resolves. */
  async erase(connectionId: string): Promise<void> {
    const isThere = this.#reporting(({ rows, trim }) => {
      rows.delete(connectionId);
      return trim.disown.run(connectionId).changes > 0;
    });
    if (!isThere) return;
    await this.#inSlices(eraseSlices());
    await this.#giveBack();
  }

  async check(): Promise<void> {
    // A transaction that writes nothing would not notice that the disk is full.
    this.#reporting((db) => {
      inTransaction(db.database, () => db.database.exec(`PRAGMA application_id = ${applicationId}`));
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#embedded.close();
  }

  async #inSlices(slices: readonly TrimSlice[]): Promise<void> {
    for (const slice of slices) {
      await this.#inTurns(({ rows, trim }, database) => {
        rows.clear();
        return inSlice(trim, database, slice);
      });
    }
  }

  /** Gives space that was freed back to the disk. */
  async #giveBack(): Promise<void> {
    await this.#inTurns(({ trim }, database) => vacuum(trim, database));
    await this.#inTurns((_, database) => {
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      return false;
    });
  }

  /** Works until there is no more to do, or the store is closed; each time in a turn of the event loop of its own. */
  async #inTurns(work: (db: Prepared, database: Database.Database) => boolean): Promise<void> {
    while (!this.#isClosed && this.#reporting((db) => work(db, db.database))) await turn();
  }

  /** Works with the database. If that fails (a full disk, say), callers get an error that they understand. */
  #reporting<T>(work: (db: Prepared) => T): T {
    try {
      return this.#embedded.use(work);
    } catch (error) {
      throw new StoreUnavailableError(error);
    }
  }
}
