import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import Type, { type Static, type TSchema } from 'typebox';
import { Compile } from 'typebox/compile';

const readVersion = rowReader(Type.Object({ user_version: Type.Number() }));

/**
 * Opens the embedded database in `folder`, making both if they are missing, and brings its tables up to date.
 * @throws {Error} where the folder cannot be written, or the file is from a newer version of this service
 */
export function openDatabase(folder: string): Database.Database {
  const database = open(folder);
  try {
    // FULL: an acknowledged commit survives a power cut, not only a crash of the process.
    // Incremental, so that trimming gives space back to the disk; it must be set before the first table is made.
    database.exec(`
      PRAGMA auto_vacuum = INCREMENTAL;
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA foreign_keys = ON;
      PRAGMA busy_timeout = 5000;
    `);
    migrate(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
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

function migrate(database: Database.Database): void {
  const { user_version: applied } = readVersion(database.prepare('PRAGMA user_version').get());
  if (applied > migrations.length) {
    throw new Error(
      `the event store is of version ${applied}, this service knows versions up to ${migrations.length}: run the newer service, or give this one another DATA_DIR`,
    );
  }
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
];

/**
 * Does work in a transaction that may write from its beginning; whatever it throws undoes all of it. libsql's own
 * helper rolls back without looking: where SQLite has done so already, as it does when the disk is full, the failure
 * of that would hide what had happened.
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

/** Makes a function that gives a database row its type, and throws where the row is not of it. */
export function rowReader<S extends TSchema>(schema: S): (row: unknown) => Static<S> {
  const validator = Compile(schema);
  return (row) => {
    if (validator.Check(row)) return row;
    throw new TypeError(
      `The event store holds a row that this service cannot read: ${validator.Errors(row)[0]?.message}`,
    );
  };
}
