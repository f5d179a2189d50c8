import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import Type from 'typebox';
import { inTransaction } from './in-transaction.js';
import { rowReader } from './row-reader.js';
import { migrations } from './sqlite-schema.js';

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
