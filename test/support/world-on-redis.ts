import fc from 'fast-check';
import type { HistoryItem } from '../../sandbox/account/records.js';
import { decodeCursor } from '../../src/engine/cursor.js';
import type { EventStore } from '../../src/engine/event-store.js';
import { StoreUnavailableError } from '../../src/engine/event-store.js';
import type { SimulatedHost } from './simulated-host.js';
import { type Step, step, World } from './simulated-world.js';

/** The data that the stores of all replicas share. */
export interface SharedData {
  /** Loses everything. */
  lose(): Promise<unknown>;
  /** Keeps a copy; calling what it gives brings that back in place of what there is then. */
  copy(): Promise<() => Promise<unknown>>;
}

/** What can happen to shared data, and to the way there. */
const mishap = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('lose the log', 'keep a copy', 'go back to the copy') }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('calls fail', 'answers are lost'),
      replica: fc.nat({ max: 1 }),
      calls: fc.integer({ min: 1, max: 5 }),
    }),
  },
);
type Mishap = typeof mishap extends fc.Arbitrary<infer M> ? M : never;

/** One thing that happens in a history whose replicas share data. */
export const sharedStep = fc.oneof(
  { weight: 14, arbitrary: fc.record({ step }) },
  { weight: 2, arbitrary: fc.record({ mishap }) },
);
export type SharedStep = typeof sharedStep extends fc.Arbitrary<infer S> ? S : never;

/** A store that is far away: it takes its time, and can fail. */
class DistantStore implements EventStore {
  /** Calls that have not been answered. */
  underWay = 0;
  /** So many of the next calls fail: before they reach the store, or when it has done its work. */
  failing: { calls: number; isDone: boolean } = { calls: 0, isDone: false };
  constructor(readonly inner: EventStore) {}
  load: EventStore['load'] = (...args) => this.#call(() => this.inner.load(...args));
  commit: EventStore['commit'] = (...args) => this.#call(() => this.inner.commit(...args));
  read: EventStore['read'] = (...args) => this.#call(() => this.inner.read(...args));
  locate: EventStore['locate'] = (...args) => this.#call(() => this.inner.locate(...args));
  unlogged: EventStore['unlogged'] = (...args) => this.#call(() => this.inner.unlogged(...args));
  acquireLease: EventStore['acquireLease'] = (...args) => this.#call(() => this.inner.acquireLease(...args));
  extendLease: EventStore['extendLease'] = (...args) => this.#call(() => this.inner.extendLease(...args));
  trim: EventStore['trim'] = (...args) => this.#call(() => this.inner.trim(...args));
  check = () => this.#call(() => this.inner.check());
  close = () => this.inner.close();

  async #call<T>(work: () => Promise<T>): Promise<T> {
    const { calls, isDone } = this.failing;
    this.failing = { calls: Math.max(0, calls - 1), isDone };
    if (calls > 0 && !isDone) throw new StoreUnavailableError(new Error('the test lets it fail'));
    this.underWay += 1;
    const answer = await work().finally(() => {
      this.underWay -= 1;
    });
    if (calls > 0) throw new StoreUnavailableError(new Error('the test has lost the answer'));
    return answer;
  }
}

/** A world whose replicas have their own ways to data that they share, and that can be lost. */
export class WorldOnRedis extends World {
  /** How often the data was lost, or became older. */
  losses = 0;
  readonly #stores: readonly DistantStore[];
  readonly #data: SharedData;
  #goBack: (() => Promise<unknown>) | undefined;
  /** Since when each host may get again what it has: one time for each state in which a loss found it. */
  readonly #repeatsFromMs = new Map<SimulatedHost, Map<string, number>>();

  /** @param stores one for each replica, all on the same data */
  constructor(stores: readonly [EventStore, ...EventStore[]], run: number, data: SharedData) {
    super(stores[0], run, 'account', stores.length);
    this.#data = data;
    this.#stores = stores.map((store) => new DistantStore(store));
    for (const [index, store] of this.#stores.entries()) this.replicaAt(index).store.inner = store;
  }

  async playShared(steps: readonly SharedStep[]): Promise<void> {
    for (const one of steps) {
      if ('mishap' in one) await this.#suffer(one.mishap);
      else await this.play([one.step]);
    }
  }

  override async play(steps: readonly Step[]): Promise<void> {
    for (const one of steps) {
      // What is read again after a loss is not the log that it was.
      if (one.do === 'replay' && this.losses > 0) continue;
      await super.play([one]);
      await this.#settle();
    }
  }

  /** How often a host may get an item again: once for each loss after which it went on from before the item. */
  mayRepeat(host: SimulatedHost, item: HistoryItem): number {
    return [...(this.#repeatsFromMs.get(host)?.values() ?? [])].filter((fromMs) => item.atMs >= fromMs - 1_000).length;
  }

  override async end(): Promise<void> {
    for (const store of this.#stores) store.failing = { calls: 0, isDone: false };
    await super.end();
  }

  /** As in every world, but no time passes, and nobody is given up, while a call to the data is under way. */
  override async drive<T>(work: Promise<T>): Promise<T | undefined> {
    let done = false;
    const finished = work.finally(() => {
      done = true;
    });
    finished.catch(() => undefined);
    for (let quiet = 0; !done; quiet = this.#isBusy ? 0 : quiet + 1) {
      await new Promise((resolve) => setImmediate(resolve));
      if (!done && this.clock.sleeping > 0 && quiet > 20) await this.clock.advance(250);
      if (!done && quiet > 60 && this.replicas.some(({ store }) => store.isStalled)) return undefined;
    }
    return finished;
  }

  get #isBusy(): boolean {
    return this.#stores.some(({ underWay }) => underWay > 0);
  }

  /** Lets what goes on in the background come to its end, or until it waits for the clock. */
  async #settle(): Promise<void> {
    for (let quiet = 0; quiet < 20; quiet = this.#isBusy ? 0 : quiet + 1) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async #suffer(one: Mishap): Promise<void> {
    if ('calls' in one) {
      const store = this.#stores[one.replica % this.#stores.length];
      if (store !== undefined) store.failing = { calls: one.calls, isDone: one.do === 'answers are lost' };
    } else if (one.do === 'keep a copy') this.#goBack = await this.#data.copy();
    else await this.#lose(one.do === 'lose the log' ? () => this.#data.lose() : this.#goBack);
  }

  async #lose(lose: (() => Promise<unknown>) | undefined): Promise<void> {
    if (lose === undefined) return;
    for (const host of this.hosts) {
      const state = host.states.at(-1)?.state;
      const cursor = state === undefined ? undefined : decodeCursor(state);
      if (state === undefined || cursor === undefined) continue;
      const repeats = this.#repeatsFromMs.get(host) ?? new Map<string, number>();
      this.#repeatsFromMs.set(host, repeats.set(state, cursor.frontierMs));
    }
    this.losses += 1;
    await lose();
  }
}
