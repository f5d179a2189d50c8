import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import Type, { type Static, type TSchema } from 'typebox';
import { Compile } from 'typebox/compile';

const readVersion = rowReader(Type.Object({ user_version: Type.Number() }));

/** Another process has the embedded database, or another opener in this one. */
export class DatabaseInUseError extends Error {
  constructor(folder: string, cause: unknown) {
    super(`DATA_DIR: expected a folder that no other process uses, got ${folder}.`, { cause });
  }
}

/**
 * Opens the embedded database in `folder`, making both if they are missing, and brings its tables up to date. The
 * database then belongs to the caller alone, until `closeDatabase` or the end of the process, however that ends.
 * @throws {DatabaseInUseError} while somebody else has it
 * @throws {Error} if the folder cannot be written, or the file is from a newer version of this service
 */
export function openDatabase(folder: string): Database.Database {
  const database = open(folder);
  try {
    own(database, folder);
    migrate(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Closes the database and lets go of it. What is left is one file. */
export function closeDatabase(database: Database.Database): void {
  try {
    // libsql keeps a connection, with its lock, until the garbage of the last statement is collected. Only out of WAL
    // mode can the lock be given back before: https://www.sqlite.org/pragma.html#pragma_locking_mode
    // The read ends the last transaction that holds it.
    database.exec('PRAGMA journal_mode = DELETE; PRAGMA locking_mode = NORMAL; PRAGMA user_version;');
  } catch {
    // A full disk, say. The end of the process gives the lock back; what was committed is in the WAL file.
  } finally {
    database.close();
  }
}

function open(folder: string): Database.Database {
  try {
    mkdirSync(folder, { recursive: true });
    return new Database(join(folder, 'events.db'));
  } catch (cause) {
    const got = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`DATA_DIR: expected a folder that this service can write to, got ${folder} (${got}).`, { cause });
  }
}

/**
 * Takes the lock of the file, before anything is read that another could still change. In exclusive mode SQLite keeps
 * the lock between transactions. It is the kernel's, so a crash gives it back.
 */
function own(database: Database.Database, folder: string): void {
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; ROLLBACK;');
  } catch (error) {
    if (error instanceof Database.SqliteError && error.code === 'SQLITE_BUSY')
      throw new DatabaseInUseError(folder, error);
    throw error;
  }
}

function migrate(database: Database.Database): void {
  const { user_version: applied } = readVersion(database.prepare('PRAGMA user_version').get());
  if (applied > migrations.length) {
    throw new Error(
      `the event store is of version ${applied}, this service knows versions up to ${migrations.length}: run the newer service, or give this one another DATA_DIR`,
    );
  }
  // So that trimming gives space back to the disk. A file gets this before its first table.
  if (applied === 0) database.exec('PRAGMA auto_vacuum = INCREMENTAL; VACUUM;');
  // FULL: an acknowledged commit survives a power cut, not only a crash of the process.
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;');
  inTransaction(database, () => {
    for (const migration of migrations.slice(applied)) database.exec(migration);
    database.exec(`PRAGMA user_version = ${migrations.length}`);
  });
}

/**
 * The embedded store's tables. `PRAGMA user_version` holds the number of migrations that were applied; a new one is
 * appended here and never changed afterwards.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE connection (
    id INTEGER PRIMARY KEY,
    fingerprint TEXT NOT NULL UNIQUE,
    revision INTEGER NOT NULL,
    -- The position before the first event that is still there.
    floor_sequence INTEGER NOT NULL,
    floor_mark TEXT NOT NULL,
    head_sequence INTEGER NOT NULL,
    head_mark TEXT NOT NULL,
    header TEXT NOT NULL,
    committed_at_ms INTEGER NOT NULL
  );
  CREATE TABLE record (
    connection INTEGER NOT NULL REFERENCES connection (id) ON DELETE CASCADE,
    id TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (connection, id)
  ) WITHOUT ROWID;
  CREATE TABLE event (
    connection INTEGER NOT NULL REFERENCES connection (id) ON DELETE CASCADE,
    sequence INTEGER NOT NULL,
    mark TEXT NOT NULL,
    key TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    occurred_at_ms INTEGER NOT NULL,
    learned_at_ms INTEGER NOT NULL,
    payload TEXT NOT NULL,
    PRIMARY KEY (connection, sequence),
    UNIQUE (connection, key)
  );
  CREATE INDEX event_by_kind ON event (connection, kind, sequence);
  CREATE INDEX event_by_subject ON event (connection, kind, subject, sequence);
  CREATE INDEX event_by_age ON event (learned_at_ms);
  `,
  `
  -- The mark of the last commit instead of a count, which two copies of a store can share.
  ALTER TABLE connection DROP COLUMN revision;
  ALTER TABLE connection ADD COLUMN revision TEXT NOT NULL DEFAULT 'unmarked';
  `,
  `
  -- When the latest of the events that were removed happened.
  ALTER TABLE connection ADD COLUMN trimmed_to_ms INTEGER NOT NULL DEFAULT 0;
  -- With the times, so that looking at what waits behind a page reads no events.
  DROP INDEX event_by_kind;
  DROP INDEX event_by_subject;
  CREATE INDEX event_by_kind ON event (connection, kind, sequence, occurred_at_ms);
  CREATE INDEX event_by_subject ON event (connection, kind, subject, sequence, occurred_at_ms);
  `,
  `
  -- Leases to poll: for how long, and since when by two clocks. A connection may have one before it has a row.
  CREATE TABLE lease (
    connection_id TEXT NOT NULL PRIMARY KEY,
    length_ms REAL NOT NULL,
    wall_ms REAL NOT NULL,
    monotonic_ms REAL NOT NULL
  ) WITHOUT ROWID;
  `,
];

/**
 * Does work in a transaction that may write from its beginning; whatever it throws undoes all of it. libsql's own
 * helper rolls back without looking. If SQLite has rolled back by itself, as it does when the disk is full, that fails,
 * and its error would hide what had happened.
 */
export function inTransaction<T>(database: Database.Database, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    if (database.inTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

/** Makes a function that gives a database row its type, and throws if the row is not of it. */
export function rowReader<S extends TSchema>(schema: S): (row: unknown) => Static<S> {
  const validator = Compile(schema);
  return (row) => {
    if (validator.Check(row)) return row;
    throw new TypeError(
      `The event store holds a row that this service cannot read: ${validator.Errors(row)[0]?.message}`,
    );
  };
}
