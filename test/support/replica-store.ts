import type { Commit, EventStore, PollLease } from '../../src/engine/event-store.js';

/** Leases as a store grants them, to replicas and to the lives of one process, by a clock that a test moves. */
export class SharedLeases {
  readonly #endMs = new Map<string, number>();

  /** @param spreadMs how much later whoever has had a lease asks for the next, so that the others get it */
  constructor(
    readonly now: () => number,
    readonly spreadMs = 500,
  ) {}

  acquire(connectionId: string, forMs: number): Pick<PollLease, 'granted' | 'nextInMs'> {
    const leftMs = (this.#endMs.get(connectionId) ?? 0) - this.now();
    if (leftMs > 0) return { granted: false, nextInMs: leftMs };
    this.#endMs.set(connectionId, this.now() + forMs);
    return { granted: true, nextInMs: forMs + this.spreadMs };
  }

  extend(connectionId: string, forMs: number): void {
    this.#endMs.set(connectionId, Math.max(this.#endMs.get(connectionId) ?? 0, this.now() + forMs));
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
    readonly leases?: SharedLeases,
  ) {}

  load: EventStore['load'] = (connectionId) => this.inner.load(connectionId);
  read: EventStore['read'] = (connectionId, query) => this.inner.read(connectionId, query);
  locate: EventStore['locate'] = (connectionId, position) => this.inner.locate(connectionId, position);
  unlogged: EventStore['unlogged'] = (connectionId, keys) => this.inner.unlogged(connectionId, keys);
  trim: EventStore['trim'] = (beforeMs) => this.inner.trim(beforeMs);
  check = () => this.inner.check();
  close = () => this.inner.close();

  async acquireLease(connectionId: string, forMs: number): Promise<PollLease> {
    const lease = await this.inner.acquireLease(connectionId, forMs);
    return { ...lease, ...this.leases?.acquire(connectionId, forMs) };
  }

  async extendLease(connectionId: string, forMs: number): Promise<void> {
    this.leases?.extend(connectionId, forMs);
  }

  async commit(connectionId: string, commit: Commit) {
    if (this.stall) {
      this.stall = false;
      this.stalled += 1;
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
    const { crash } = this;
    this.crash = undefined;
    if (crash === 'before the commit') this.#die();
    const committed = await this.inner.commit(connectionId, commit);
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
