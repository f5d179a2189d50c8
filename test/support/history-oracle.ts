import assert from 'node:assert/strict';
import type { HistoryItem } from '../../sandbox/account/records.js';
import { compareDelivery, idsOf, isPartInOrder } from '../../sandbox/kit/delivery-oracle.js';
import type { SimulatedHost } from './simulated-host.js';
import { intervalMs, type World } from './simulated-world.js';

/** How often an item may reach a host again after the first time. */
export type MayRepeat = (host: SimulatedHost, item: HistoryItem) => number;

/** What the account's own history owes a host: what it must have got, and what it may have got beside. */
function owedTo(history: readonly HistoryItem[], host: SimulatedHost, mayRepeat: MayRepeat) {
  const registeredAtMs = host.registeredAtMs ?? Number.POSITIVE_INFINITY;
  const must: string[] = [];
  const may: string[] = [];
  for (const item of history) {
    const [id] = idsOf([item], host.filter);
    if (id === undefined) continue;
    // The same second as the registration may be before or after it; and up to an interval before is allowed.
    if (item.atMs > registeredAtMs) must.push(id);
    else if (item.atMs >= registeredAtMs - intervalMs - 1000) may.push(id);
    else continue;
    for (let again = mayRepeat(host, item); again > 0; again -= 1) may.push(id);
  }
  return { must, may };
}

/**
 * Checks what every host has received against what truly happened.
 * @param kinds of which the source shows every single one; of the others none may come twice or too old
 * @returns how many events of those kinds hosts must have got, and how many they got in all
 * @throws {assert.AssertionError}
 */
export function checkHistory(
  world: World,
  kinds: ReadonlySet<string>,
  mayRepeat: MayRepeat = () => 0,
): { events: number; delivered: number } {
  const totals = { events: 0, delivered: 0 };
  const { history } = world.sandbox.account;
  for (const host of world.hosts) {
    const { must, may } = owedTo(history, host, mayRepeat);
    const { owed, lost, surplus } = compareDelivery(must, host.received, may);
    const name = `${host.filter.kind} ${host.filter.subject ?? ''}`;
    if (kinds.has(host.filter.kind)) {
      totals.events += owed;
      assert.deepEqual(lost, [], `lost: ${name}`);
    }
    assert.deepEqual(surplus, [], `twice or too old: ${name}`);
    totals.delivered += host.received.length;
  }
  return totals;
}

/** Hosts with the same filter read the same log: the one that came later got a part of it, in the same order. */
export function checkOrder(world: World): void {
  for (const [index, one] of world.hosts.entries()) {
    for (const other of world.hosts.slice(index + 1)) {
      if (JSON.stringify(one.filter) !== JSON.stringify(other.filter)) continue;
      const [longer, shorter] = one.received.length < other.received.length ? [other, one] : [one, other];
      assert.ok(isPartInOrder(shorter.received, longer.received), `hosts see the same order: ${one.filter.kind}`);
    }
  }
}

export const everyKind: ReadonlySet<string> = new Set(['created', 'acknowledged', 'resolved', 'assigned', 'noted']);
