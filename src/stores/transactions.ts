import type Database from 'libsql';

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
    rollBack(database);
    throw error;
  }
}

function rollBack(database: Database.Database): void {
  try {
    if (database.inTransaction) database.exec('ROLLBACK');
  } catch {
    // A database that is spoilt, say. What happened first says more.
  }
}

/** Writes without waiting for the disk: what is written outlives the process, and need not outlive a power cut. */
export function withoutDisk(database: Database.Database, work: () => void): void {
  database.exec('PRAGMA synchronous = NORMAL');
  try {
    work();
  } finally {
    database.exec('PRAGMA synchronous = FULL');
  }
}
