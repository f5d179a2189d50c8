import { idsOf } from '../../../sandbox/kit/delivery-oracle.js';
import type { MayRepeat } from '../history-oracle.js';
import type { SimulatedHost } from '../simulated-host.js';
import type { World } from '../simulated-world.js';

/** How late PagerDuty may show an entry that every poll still sees: what happened since is told again if a log is lost. */
const overlapMs = 120_000;
/** So many of the events that it was given a host's cursor remembers. */
export const remembered = 100;

/**
 * What hosts may get a second time, because the log in which they stood is gone: of what they were given within the
 * overlap, nothing; unless it is more than a cursor remembers.
 */
export class Repeats {
  readonly #fromMs = new Map<SimulatedHost, number[]>();

  /** The log of a host is about to be lost, or left. */
  before(world: World, host: SimulatedHost): void {
    const registration = host.registrations.at(-1);
    if (registration === undefined) return;
    // The same incident may be assigned again, later: the earliest of that is what it was given.
    const left = new Map<string, number>();
    for (const id of registration.received) left.set(id, (left.get(id) ?? 0) + 1);
    const stamps = world.ledger(registration.account).items.flatMap(({ item }) => {
      const [id] = item.kind === host.filter.kind ? idsOf([item], host.filter) : [];
      const times = left.get(id ?? '') ?? 0;
      left.set(id ?? '', times - 1);
      return times > 0 ? [item.atMs] : [];
    });
    const fromMs = stamps.reduce((newest, stamp) => Math.max(newest, stamp), 0) - overlapMs;
    if (stamps.filter((stamp) => stamp >= fromMs).length <= remembered) return;
    this.#fromMs.set(host, [...(this.#fromMs.get(host) ?? []), fromMs]);
  }

  readonly mayRepeat: MayRepeat = (host, { item }) =>
    (this.#fromMs.get(host) ?? []).filter((fromMs) => item.atMs >= fromMs).length;
}
