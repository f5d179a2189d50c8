import type { Commit, EventStore, LogPosition, PollLease } from '../../src/engine/event-store.js';
import { StoreInvariants } from './store-invariants.js';
import { wrapStore } from './wrapped-store.js';

/** Leases as a store grants them, to replicas and to the lives of one process, by a clock that a test moves. */
export class SharedLeases {
  readonly #leases = new Map<string, { endMs: number; readonly forMs: number }>();

  /** @param spreadMs how much later whoever has had a lease asks for the next, so that the others get it */
  constructor(
    readonly now: () => number,
    readonly spreadMs: number,
  ) {}

  acquire(connectionId: string, forMs: number): Pick<PollLease, 'granted' | 'nextInMs'> {
    const leftMs = (this.#leases.get(connectionId)?.endMs ?? 0) - this.now();
    if (leftMs > 0) return { granted: false, nextInMs: leftMs };
    this.#leases.set(connectionId, { endMs: this.now() + forMs, forMs });
    return { granted: true, nextInMs: forMs + this.spreadMs };
  }

  extend(connectionId: string, forMs: number): void {
    const endMs = Math.max(this.#leases.get(connectionId)?.endMs ?? 0, this.now() + forMs);
    this.#leases.set(connectionId, { endMs, forMs });
  }

  /** The store's clock jumps ahead: every lease has ended. */
  endAll(): void {
    this.#leases.clear();
  }

  /** The store's clock jumps back: leases begin anew, and are not longer than they ever were. */
  beginAnew(): void {
    for (const lease of this.#leases.values()) lease.endMs = this.now() + lease.forMs;
  }
}

/** One replica's way to the store: its process can die, or be stopped for a while, around one commit. */
export class ReplicaStore {
  crash: 'before the commit' | 'after the commit' | undefined;
  crashed = 0;
  /** The next commit waits until it is resumed. */
  stall = false;
  stalled = 0;
  inner: EventStore;
  /** What the replica's engine takes for the store. */
  readonly outer: EventStore;
  readonly invariants = new StoreInvariants();
  readonly #waiting = new Set<() => void>();

  constructor(inner: EventStore, leases?: SharedLeases) {
    this.inner = inner;
    const live = wrapStore(
      () => this.inner,
      (_method, _args, go) => go(),
    );
    const wrapped = overridden(live, { commit: (connectionId, commit) => this.#commit(connectionId, commit) });
    this.outer = leases === undefined ? wrapped : withLeases(wrapped, leases);
  }

  trim(learnedBeforeMs: number): Promise<void> {
    return this.outer.trim(learnedBeforeMs);
  }

  async #commit(connectionId: string, commit: Commit): Promise<LogPosition | undefined> {
    if (this.stall) {
      this.stall = false;
      this.stalled += 1;
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
    const { crash } = this;
    this.crash = undefined;
    if (crash === 'before the commit') this.#die();
    const before = await this.inner.locate(connectionId);
    const head = await this.inner.commit(connectionId, commit);
    if (head !== undefined) await this.invariants.check(this.inner, connectionId, before?.header, commit);
    if (crash === 'after the commit') this.#die();
    return head;
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

/** The store, with leases from elsewhere: an embedded store grants every lease. */
function withLeases(store: EventStore, leases: SharedLeases): EventStore {
  const acquireLease: EventStore['acquireLease'] = async (connectionId, forMs) => {
    const lease = await store.acquireLease(connectionId, forMs);
    return { ...lease, ...leases.acquire(connectionId, forMs) };
  };
  const extendLease: EventStore['extendLease'] = async (connectionId, forMs) => leases.extend(connectionId, forMs);
  return overridden(store, { acquireLease, extendLease });
}

function overridden(store: EventStore, methods: Partial<EventStore>): EventStore {
  const own: Partial<Record<PropertyKey, unknown>> = { ...methods };
  return new Proxy(store, { get: (target, name) => own[name] ?? Reflect.get(target, name) });
}
