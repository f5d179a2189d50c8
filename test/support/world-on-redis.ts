import fc from 'fast-check';
import { type EventStore, StoreUnavailableError } from '../../src/engine/event-store.js';
import { type LosableData, World } from './simulated-world.js';
import { type Move, moves } from './simulation/moves.js';
import { wrapStore } from './wrapped-store.js';

/** A store that is far away: it takes its time, and can fail. */
class DistantStore {
  /** Calls that have not been answered. */
  underWay = 0;
  /** So many of the next calls fail: before they reach the store, or when it has done its work. */
  failing: { calls: number; isDone: boolean } = { calls: 0, isDone: false };
  readonly outer: EventStore;

  constructor(inner: EventStore) {
    this.outer = wrapStore(
      () => inner,
      (_method, _args, go) => this.#call(go),
    );
  }

  async #call(go: () => Promise<unknown>): Promise<unknown> {
    const { calls, isDone } = this.failing;
    this.failing = { calls: Math.max(0, calls - 1), isDone };
    if (calls > 0 && !isDone) throw new StoreUnavailableError(new Error('the test lets it fail'));
    this.underWay += 1;
    const answer = await go().finally(() => {
      this.underWay -= 1;
    });
    if (calls > 0) throw new StoreUnavailableError(new Error('the test has lost the answer'));
    return answer;
  }
}

/** Calls to the store fail. */
export const storeFailures: fc.Arbitrary<Move<WorldOnRedis>> = moves(
  fc.record({
    isDone: fc.boolean(),
    replica: fc.nat({ max: 1 }),
    calls: fc.integer({ min: 1, max: 5 }),
  }),
  ({ isDone, replica, calls }) =>
    `${calls} calls of replica ${replica} to the store ${isDone ? 'lose their answer' : 'fail'}`,
  (world, { replica, ...failing }) => world.failStore(replica, failing),
);

/** A world whose replicas have their own ways to data that they share, and that can be lost. */
export class WorldOnRedis extends World {
  readonly #stores: readonly DistantStore[];

  /** @param stores one for each replica, all on the same data */
  constructor(stores: readonly [EventStore, ...EventStore[]], run: number, data: LosableData) {
    super(stores[0], run, 'account', stores.length, { data });
    this.#stores = stores.map((store) => new DistantStore(store));
    for (const [index, store] of this.#stores.entries()) this.replicaAt(index).store.inner = store.outer;
  }

  failStore(replica: number, failing: DistantStore['failing']): void {
    const store = this.#stores[replica % this.#stores.length];
    if (store !== undefined) store.failing = failing;
  }

  override async heal(): Promise<void> {
    for (const store of this.#stores) store.failing = { calls: 0, isDone: false };
    await super.heal();
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

  /** Lets what goes on in the background come to its end, or until it waits for the clock. */
  override async settle(): Promise<void> {
    for (let quiet = 0; quiet < 20; quiet = this.#isBusy ? 0 : quiet + 1) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  get #isBusy(): boolean {
    return this.#stores.some(({ underWay }) => underWay > 0);
  }
}
