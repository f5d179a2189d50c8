import type Database from 'libsql';
import { LRUCache } from 'lru-cache';
import Type from 'typebox';
import { rowReader } from './open-database.js';

const readConnection = rowReader(
  Type.Object({
    id: Type.Number(),
    revision: Type.String(),
    floor_sequence: Type.Number(),
    floor_mark: Type.String(),
    head_sequence: Type.Number(),
    head_mark: Type.String(),
    header: Type.String(),
  }),
);
const readVersion = rowReader(Type.Tuple([Type.Number()]));

/** A connection's row, as the embedded database has it. */
export type ConnectionRow = ReturnType<typeof readConnection>;

/**
 * Finds connections' rows, which every poll of a host needs, and remembers them: to read one again takes three times as
 * long as to ask whether another process has written meanwhile. `PRAGMA data_version` changes with each commit but this
 * process's own (https://www.sqlite.org/pragma.html#pragma_data_version), so what this process writes is to be forgotten.
 */
export class ConnectionRows {
  readonly #version: Database.Statement;
  readonly #row: Database.Statement;
  readonly #known = new LRUCache<string, ConnectionRow>({ max: 20_000 });
  #knownAtVersion: number | undefined;
  #isCheckedThisTurn = false;

  constructor(database: Database.Database) {
    this.#version = database.prepare('PRAGMA data_version').raw();
    this.#row = database.prepare('SELECT * FROM connection WHERE fingerprint = ?');
  }

  /** The row as it is now; undefined where the connection has none. */
  find(fingerprint: string): ConnectionRow | undefined {
    this.#forgetWhatOthersWrote();
    return this.#knownOrRead(fingerprint);
  }

  /**
   * The row as it was at some moment of this turn of the event loop, by what other processes wrote. Asking once a turn
   * makes it nearly free for many: good enough to say that nothing is new, not for anything that is decided by it.
   */
  findAsOfThisTurn(fingerprint: string): ConnectionRow | undefined {
    if (!this.#isCheckedThisTurn) {
      this.#forgetWhatOthersWrote();
      this.#isCheckedThisTurn = true;
      setImmediate(() => {
        this.#isCheckedThisTurn = false;
      });
    }
    return this.#knownOrRead(fingerprint);
  }

  /** To be called when the row is written, and when what was written is taken back. */
  forget(fingerprint: string): void {
    this.#known.delete(fingerprint);
  }

  /** To be called when any rows may have been written. */
  forgetAll(): void {
    this.#known.clear();
  }

  #knownOrRead(fingerprint: string): ConnectionRow | undefined {
    const known = this.#known.get(fingerprint);
    if (known !== undefined) return known;
    const row = this.#row.get(fingerprint);
    if (row === undefined) return undefined;
    const found = readConnection(row);
    this.#known.set(fingerprint, found);
    return found;
  }

  #forgetWhatOthersWrote(): void {
    const [version] = readVersion(this.#version.get());
    if (version !== this.#knownAtVersion) this.#known.clear();
    this.#knownAtVersion = version;
  }
}
