import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import Type from 'typebox';
import { migrate, versionOf } from './migrations.js';
import { createPrivate, LinkedFileError, makePrivate } from './private-files.js';
import { rowReader } from './row-reader.js';
import { databaseName, isSpoilt, putAside, SpoiltDatabaseError } from './spoilt-database.js';

const readCheck = rowReader(Type.Object({ quick_check: Type.String() }));
const readFile = rowReader(
  Type.Object({ journal_mode: Type.String(), page_count: Type.Number(), page_size: Type.Number() }),
);
/** Up to here a check takes some 0.2 s: 0.4 s for a GB that the machine has in memory. */
const alwaysCheckedBytes = 512 * 1024 * 1024;

/** Another process has the embedded database, or another opener in this one. */
export class DatabaseInUseError extends Error {
  constructor(folder: string, cause: unknown) {
    super(`DATA_DIR: expected a folder that no other process uses, got ${folder}.`, { cause });
  }
}

export interface OpenOptions<T> {
  /** Makes what the caller works with, once the tables are there. */
  readonly prepare: (database: Database.Database) => T;
  readonly now: () => number;
  /** Hears of a database that was put aside because it is spoilt: its new name, and why. */
  readonly onSpoilt: (spoilt: { readonly folder: string; readonly file: string; readonly reason: string }) => void;
}

/** A database that belongs to whoever has opened it, and what was prepared for it. */
export interface OwnedDatabase<T> {
  readonly database: Database.Database;
  readonly prepared: T;
  /** Which file it is, whatever its name. */
  readonly identity: string | undefined;
}

/**
 * Opens the embedded database in `folder`, making both if they are missing, and brings its tables up to date. The
 * database then belongs to the caller alone, until `closeDatabase` or the end of the process, however that ends. A
 * database that is spoilt is put aside, and another one begun.
 * @throws {DatabaseInUseError} while somebody else has it
 * @throws {Error} if the folder cannot be written, a link lies where the database should be, or the file is from a newer
 *   version of this service
 */
export function openDatabase<T>(folder: string, options: OpenOptions<T>): OwnedDatabase<T> {
  try {
    return openOnce(folder, options);
  } catch (error) {
    if (!isSpoilt(error)) throw error;
    return openGuarded(folder, options);
  }
}

/** Puts the database of a folder aside. Only for who has its lock, or the guard. */
export function beginAnew<T>(folder: string, error: Error, { now, onSpoilt }: OpenOptions<T>): void {
  onSpoilt({ folder, file: writing(folder, () => putAside(folder, now())), reason: error.message });
}

/** Which file has the database's name now; undefined if none has. */
export function identityOf(folder: string): string | undefined {
  const stat = statSync(join(folder, databaseName), { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? undefined : `${stat.dev} ${stat.ino}`;
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

/** One that is spoilt and gives no lock throws; one that is found spoilt under its lock is put aside. */
function openOnce<T>(folder: string, options: OpenOptions<T>, mayBeginAnew = true): OwnedDatabase<T> {
  const { database, before } = connect(folder);
  try {
    own(database, folder, before);
  } catch (error) {
    database.close();
    throw error;
  }
  const identity = identityOf(folder);
  try {
    inspect(database);
    migrate(database);
    return { database, prepared: options.prepare(database), identity };
  } catch (cause) {
    const error = nameSpoilt(cause);
    const isReplaced = mayBeginAnew && isSpoilt(error);
    if (isReplaced) beginAnew(folder, error, options);
    database.close();
    if (isReplaced) return openOnce(folder, options, false);
    throw error;
  }
}

/**
 * For a database that is so spoilt that SQLite gives no lock of it. Of several processes that find it so, one at a time
 * goes on, and looks again: another one may have begun anew.
 */
function openGuarded<T>(folder: string, options: OpenOptions<T>): OwnedDatabase<T> {
  const file = join(folder, `${databaseName}-guard`);
  writing(folder, () => createPrivate(file));
  const guard = new Database(file);
  try {
    hold(guard, folder, 'BEGIN EXCLUSIVE');
    try {
      return openOnce(folder, options);
    } catch (error) {
      if (!isSpoilt(error)) throw error;
      beginAnew(folder, error, options);
      return openOnce(folder, options, false);
    } finally {
      rmSync(file, { force: true });
    }
  } finally {
    guard.close();
  }
}

function connect(folder: string) {
  return writing(folder, () => {
    makePrivate(folder);
    return { before: identityOf(folder), database: new Database(join(folder, databaseName)) };
  });
}

function writing<R>(folder: string, work: () => R): R {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof LinkedFileError) throw cause;
    const got = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`DATA_DIR: expected a folder that this service can write to, got ${folder} (${got}).`, { cause });
  }
}

/**
 * Takes the lock of the file, before anything is read that another could still change. In exclusive mode SQLite keeps
 * the lock between transactions. It is the kernel's, so a crash gives it back.
 */
function own(database: Database.Database, folder: string, before: string | undefined): void {
  hold(database, folder, 'PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; ROLLBACK;');
  // Its owner may have put it aside between opening and locking.
  if (identityOf(folder) !== before) throw new DatabaseInUseError(folder, undefined);
}

function hold(database: Database.Database, folder: string, sql: string): void {
  try {
    database.exec(sql);
  } catch (error) {
    if (error instanceof Database.SqliteError && error.code === 'SQLITE_BUSY')
      throw new DatabaseInUseError(folder, error);
    throw error;
  }
}

/** Looks at every page if need be, but not at what is written there. */
function inspect(database: Database.Database): void {
  const isNew = versionOf(database) === 0;
  const file = readFile(
    database.prepare('SELECT * FROM pragma_journal_mode, pragma_page_count, pragma_page_size').get(),
  );
  if (needsCheck({ wasClosed: file.journal_mode !== 'wal', bytes: file.page_count * file.page_size })) {
    const { quick_check: found } = readCheck(database.prepare('PRAGMA quick_check(1)').get());
    if (found !== 'ok') throw new SpoiltDatabaseError(found.replaceAll('\n', ' '));
  }
  if (isNew && database.prepare('SELECT 1 FROM sqlite_schema').get() !== undefined)
    throw new SpoiltDatabaseError('the database has no version, and tables nevertheless');
}

/**
 * Whether all of a database is looked at before it is used. A large one that was closed is not: the next process is to
 * take over within a second. If it is spoilt nevertheless, that shows when the spoilt page is read.
 */
export function needsCheck({ wasClosed, bytes }: { readonly wasClosed: boolean; readonly bytes: number }): boolean {
  return !wasClosed || bytes <= alwaysCheckedBytes;
}

/** SQLite calls it a logic error if tables are missing, or there already: then the version is of another database. */
function nameSpoilt(cause: unknown): unknown {
  const isLogic = cause instanceof Database.SqliteError && cause.code === 'SQLITE_ERROR';
  return isLogic ? new SpoiltDatabaseError(cause.message, { cause }) : cause;
}
