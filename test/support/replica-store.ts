import type { Commit, EventStore, PollLease } from '../../src/engine/event-store.js';

/** Turns that several replicas take, as a store that they share grants them, by a clock that a test moves. */
export class SharedLeases {
  readonly #endMs = new Map<string, number>();
  constructor(readonly now: () => number) {}

  take(connection: string, forMs: number): Pick<PollLease, 'granted' | 'nextInMs'> {
    const leftMs = (this.#endMs.get(connection) ?? 0) - this.now();
    if (leftMs > 0) return { granted: false, nextInMs: leftMs };
    this.#endMs.set(connection, this.now() + forMs);
    // A little later than the others, so that it is their turn.
    return { granted: true, nextInMs: forMs + 500 };
  }

  postpone(connection: string, forMs: number): void {
    this.#endMs.set(connection, Math.max(this.#endMs.get(connection) ?? 0, this.now() + forMs));
  }
}

/** One replica's way to the store: its process can die, or be stopped for a while, around one commit. */
export class ReplicaStore implements EventStore {
  crash: 'before the commit' | 'after the commit' | undefined;
  crashed = 0;
  /** The next commit waits until it is resumed. */
  stall = false;
  stalled = 0;
  readonly #waiting = new Set<() => void>();

  constructor(
    public inner: EventStore,
    readonly turns?: SharedLeases,
  ) {}

  load: EventStore['load'] = (connection) => this.inner.load(connection);
  read: EventStore['read'] = (connection, query) => this.inner.read(connection, query);
  locate: EventStore['locate'] = (connection, position) => this.inner.locate(connection, position);
  trim: EventStore['trim'] = (beforeMs) => this.inner.trim(beforeMs);
  check = () => this.inner.check();
  close = () => this.inner.close();

  async acquireLease(connection: string, forMs: number): Promise<PollLease> {
    const turn = await this.inner.acquireLease(connection, forMs);
    return { ...turn, ...this.turns?.take(connection, forMs) };
  }

  async extendLease(connection: string, forMs: number): Promise<void> {
    this.turns?.postpone(connection, forMs);
  }

  async commit(connection: string, commit: Commit) {
    if (this.stall) {
      this.stall = false;
      this.stalled += 1;
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
    const { crash } = this;
    this.crash = undefined;
    if (crash === 'before the commit') this.#die();
    const committed = await this.inner.commit(connection, commit);
    if (crash === 'after the commit') this.#die();
    return committed;
  }

  get isStalled(): boolean {
    return this.#waiting.size > 0;
  }

  resume(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  #die(): never {
    this.crashed += 1;
    throw new Error('killed');
  }
}
