import type { EventStore } from '../../src/engine/event-store.js';

/** Does what a store was asked for, or not, or something around it. */
export type Around = (method: string, args: readonly unknown[], go: () => Promise<unknown>) => Promise<unknown>;

/** A store that hands every call of every method on, through `around`; `inner` is asked for at each call. */
export function wrapStore(inner: () => EventStore, around: Around): EventStore {
  return new Proxy(inner(), {
    get(_, name) {
      const store = inner();
      const value: unknown = Reflect.get(store, name);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) =>
        around(String(name), args, async (): Promise<unknown> => Reflect.apply(value, store, args));
    },
  });
}
