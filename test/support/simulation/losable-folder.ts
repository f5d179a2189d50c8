import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../src/clock/clock.js';
import type { EventStore } from '../../../src/engine/event-store.js';
import { SqliteStore } from '../../../src/stores/sqlite-store.js';
import type { LosableData } from '../simulated-world.js';
import { wrapStore } from '../wrapped-store.js';

/** An embedded store whose folder is deleted, copied, and put back in an older state. */
export class LosableFolder implements LosableData {
  /** The store, whatever folder it has at the moment. */
  readonly store: EventStore;
  readonly #base = mkdtempSync(join(tmpdir(), 'connector-losable-'));
  readonly #folder = join(this.#base, 'data');
  readonly #copy = join(this.#base, 'copy');
  #hasCopy = false;
  #inner: SqliteStore;

  constructor() {
    mkdirSync(this.#folder);
    this.#inner = new SqliteStore(this.#folder, { clock: systemClock, onSpoilt: () => undefined });
    this.store = wrapStore(
      () => this.#inner,
      (_method, _args, go) => go(),
    );
  }

  async lose(): Promise<void> {
    await this.#replace(() => mkdirSync(this.#folder));
  }

  async copy(): Promise<void> {
    await this.#inner.close();
    rmSync(this.#copy, { recursive: true, force: true });
    cpSync(this.#folder, this.#copy, { recursive: true });
    this.#inner = new SqliteStore(this.#folder, { clock: systemClock, onSpoilt: () => undefined });
    this.#hasCopy = true;
  }

  async goBack(): Promise<boolean> {
    if (!this.#hasCopy) return false;
    await this.#replace(() => cpSync(this.#copy, this.#folder, { recursive: true }));
    return true;
  }

  async close(): Promise<void> {
    await this.#inner.close();
    rmSync(this.#base, { recursive: true, force: true });
  }

  async #replace(put: () => void): Promise<void> {
    await this.#inner.close();
    rmSync(this.#folder, { recursive: true, force: true });
    put();
    this.#inner = new SqliteStore(this.#folder, { clock: systemClock, onSpoilt: () => undefined });
  }
}
