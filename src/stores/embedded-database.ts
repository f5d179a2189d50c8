import type Database from 'libsql';
import {
  beginAnew,
  closeDatabase,
  identityOf,
  type OpenOptions,
  type OwnedDatabase,
  openDatabase,
} from './open-database.js';
import { isSpoilt } from './spoilt-database.js';

/** The database of one folder, which belongs to this process until `close`, whatever becomes of the file. */
export class EmbeddedDatabase<T> {
  readonly #folder: string;
  readonly #options: OpenOptions<T>;
  #owned: OwnedDatabase<T> | undefined;
  #isClosed = false;

  /** @throws what `openDatabase` throws */
  constructor(folder: string, options: OpenOptions<T>) {
    this.#folder = folder;
    this.#options = options;
    this.#owned = openDatabase(folder, options);
  }

  /**
   * Works with the database. If that finds it spoilt, it is put aside, and the next work has a new one.
   * @throws whatever the work throws
   */
  use<R>(work: (prepared: T, database: Database.Database) => R): R {
    if (this.#isClosed) throw new Error('The event store is closed.');
    // Another one could not be begun when the last was put aside: the disk was full, say.
    this.#owned ??= openDatabase(this.#folder, this.#options);
    const owned = this.#owned;
    try {
      return work(owned.prepared, owned.database);
    } catch (error) {
      if (isSpoilt(error)) this.#replace(owned, error);
      throw error;
    }
  }

  close(): void {
    this.#isClosed = true;
    if (this.#owned !== undefined) closeDatabase(this.#owned.database);
    this.#owned = undefined;
  }

  #replace(owned: OwnedDatabase<T>, error: Error): void {
    this.#owned = undefined;
    try {
      // Somebody may have removed the folder, and another process have its own there.
      if (identityOf(this.#folder) === owned.identity) beginAnew(this.#folder, error, this.#options);
      // After the file has another name: SQLite leaves alone what has the name then.
      owned.database.close();
      this.#owned = openDatabase(this.#folder, this.#options);
    } catch {
      // The next work tries again, and tells why it cannot.
    }
  }
}
