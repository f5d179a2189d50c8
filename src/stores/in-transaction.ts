import type Database from 'libsql';

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
