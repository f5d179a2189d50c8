import type Database from 'libsql';
import Type from 'typebox';
import { rowReader } from './row-reader.js';
import { inTransaction } from './transactions.js';

const readVersion = rowReader(Type.Object({ user_version: Type.Number() }));

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
  `
  -- Keys that PagerDuty has accepted. A log has only what an accepted key has read.
  CREATE TABLE accepted_key (
    id TEXT NOT NULL PRIMARY KEY,
    accepted_at_ms INTEGER NOT NULL
  ) WITHOUT ROWID;
  INSERT INTO accepted_key SELECT fingerprint, committed_at_ms FROM connection;
  `,
];

/** How many migrations a database has had. @throws {Error} if it is of a newer version of this service */
export function versionOf(database: Database.Database): number {
  const { user_version: applied } = readVersion(database.prepare('PRAGMA user_version').get());
  if (applied <= migrations.length) return applied;
  throw new Error(
    `the event store is of version ${applied}, this service knows versions up to ${migrations.length}: run the newer service, or give this one another DATA_DIR`,
  );
}

/** Brings a database's tables up to date, and sets how it is written. */
export function migrate(database: Database.Database): void {
  const applied = versionOf(database);
  // So that trimming gives space back to the disk. A file gets this before its first table.
  if (applied === 0) database.exec('PRAGMA auto_vacuum = INCREMENTAL; VACUUM;');
  // FULL: an acknowledged commit survives a power cut, not only a crash of the process.
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;');
  // What is removed leaves nothing to read in a page that stays.
  database.exec('PRAGMA secure_delete = FAST;');
  inTransaction(database, () => {
    for (const migration of migrations.slice(applied)) database.exec(migration);
    database.exec(`PRAGMA user_version = ${migrations.length}`);
  });
}
