import type { Clock } from '../clock/clock.js';
import type { Commit, EventStore, LogPosition, LogQuery } from '../engine/event-store.js';

/** Counts one kind of operation, each time one ends. */
export interface OperationMeter {
  took(durationMs: number): void;
  failed(): void;
}

/** A store that also measures how long each operation takes, counts failures, and knows whether the last one failed. */
export class MeasuredStore implements EventStore {
  readonly #store: EventStore;
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #meters: Readonly<Record<Exclude<keyof EventStore, 'close'>, OperationMeter>>;
  #isUp = true;

  /**
   * @param options.meterOf gives the meter of an operation; called once for each
   */
  constructor(
    store: EventStore,
    options: { readonly clock: Pick<Clock, 'monotonic'>; readonly meterOf: (operation: string) => OperationMeter },
  ) {
    const { clock, meterOf } = options;
    this.#store = store;
    this.#clock = clock;
    this.#meters = {
      load: meterOf('load'),
      commit: meterOf('commit'),
      read: meterOf('read'),
      locate: meterOf('locate'),
      unlogged: meterOf('unlogged'),
      acquireLease: meterOf('takeTurn'),
      extendLease: meterOf('postponeTurns'),
      isAccepted: meterOf('isAccepted'),
      rememberAccepted: meterOf('rememberAccepted'),
      trim: meterOf('trim'),
      erase: meterOf('erase'),
      check: meterOf('check'),
    };
  }

  /** False if the last operation failed. */
  get isUp(): boolean {
    return this.#isUp;
  }

  load(connectionId: string) {
    return this.#measured(this.#meters.load, () => this.#store.load(connectionId));
  }

  commit(connectionId: string, commit: Commit) {
    return this.#measured(this.#meters.commit, () => this.#store.commit(connectionId, commit));
  }

  read(connectionId: string, query: LogQuery) {
    return this.#measured(this.#meters.read, () => this.#store.read(connectionId, query));
  }

  locate(connectionId: string, position?: LogPosition) {
    return this.#measured(this.#meters.locate, () => this.#store.locate(connectionId, position));
  }

  unlogged(connectionId: string, keys: readonly string[]) {
    return this.#measured(this.#meters.unlogged, () => this.#store.unlogged(connectionId, keys));
  }

  acquireLease(connectionId: string, forMs: number) {
    return this.#measured(this.#meters.acquireLease, () => this.#store.acquireLease(connectionId, forMs));
  }

  extendLease(connectionId: string, forMs: number) {
    return this.#measured(this.#meters.extendLease, () => this.#store.extendLease(connectionId, forMs));
  }

  isAccepted(id: string) {
    return this.#measured(this.#meters.isAccepted, () => this.#store.isAccepted(id));
  }

  rememberAccepted(id: string) {
    return this.#measured(this.#meters.rememberAccepted, () => this.#store.rememberAccepted(id));
  }

  trim(learnedBeforeMs: number) {
    return this.#measured(this.#meters.trim, () => this.#store.trim(learnedBeforeMs));
  }

  erase(connectionId: string) {
    return this.#measured(this.#meters.erase, () => this.#store.erase(connectionId));
  }

  check() {
    return this.#measured(this.#meters.check, () => this.#store.check());
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  async #measured<T>(meter: OperationMeter, run: () => Promise<T>): Promise<T> {
    const startedAtMs = this.#clock.monotonic();
    try {
      const result = await run();
      this.#isUp = true;
      return result;
    } catch (error) {
      this.#isUp = false;
      meter.failed();
      throw error;
    } finally {
      meter.took(this.#clock.monotonic() - startedAtMs);
    }
  }
}
