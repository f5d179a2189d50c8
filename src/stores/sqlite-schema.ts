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
