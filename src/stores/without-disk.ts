import type Database from 'libsql';

/** Writes without waiting for the disk: what is written outlives the process, and need not outlive a power cut. */
export function withoutDisk(database: Database.Database, work: () => void): void {
  database.exec('PRAGMA synchronous = NORMAL');
  try {
    work();
  } finally {
    database.exec('PRAGMA synchronous = FULL');
  }
}
