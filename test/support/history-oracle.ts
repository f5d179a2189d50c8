import assert from 'node:assert/strict';
import type { HistoryItem } from '../../sandbox/account/records.js';
import type { SimulatedHost } from './simulated-host.js';
import { intervalMs, type World } from './simulated-world.js';

/** How often an item may reach a host again after the first time. */
export type MayRepeat = (host: SimulatedHost, item: HistoryItem) => number;

/** What the account's own history owes a host: what it must have got, and what it may have got beside. */
function owed(history: readonly HistoryItem[], host: SimulatedHost, mayRepeat: MayRepeat) {
  const { kind, subject } = host.filter;
  const registeredAtMs = host.registeredAtMs ?? Number.POSITIVE_INFINITY;
  const must: string[] = [];
  const may: string[] = [];
  for (const item of history) {
    const about = kind === 'assigned' ? item.userId : item.incidentId;
    if (item.kind !== kind || (subject !== undefined && about !== subject)) continue;
    const id = kind === 'noted' ? (item.noteId ?? '') : item.incidentId;
    // The same second as the registration may be before or after it; and up to an interval before is allowed.
    if (item.atMs > registeredAtMs) must.push(id);
    else if (item.atMs >= registeredAtMs - intervalMs - 1000) may.push(id);
    else continue;
    for (let again = mayRepeat(host, item); again > 0; again -= 1) may.push(id);
  }
  return { must, may };
}

function counts(ids: readonly string[]): Map<string, number> {
  const counted = new Map<string, number>();
  for (const id of ids) counted.set(id, (counted.get(id) ?? 0) + 1);
  return counted;
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
    const { must, may } = owed(history, host, mayRepeat);
    const got = counts(host.received);
    const least = counts(must);
    const most = counts([...must, ...may]);
    const name = `${host.filter.kind} ${host.filter.subject ?? ''}`;
    if (kinds.has(host.filter.kind)) totals.events += must.length;
    for (const [id, count] of kinds.has(host.filter.kind) ? least : [])
      assert.ok((got.get(id) ?? 0) >= count, `lost: ${name} of ${id}: ${got.get(id) ?? 0} of ${count}`);
    for (const [id, count] of got)
      assert.ok(count <= (most.get(id) ?? 0), `twice or too old: ${name} of ${id}: ${count}`);
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

function isPartInOrder(part: readonly string[], whole: readonly string[]): boolean {
  let next = 0;
  for (const id of whole) if (id === part[next]) next += 1;
  return next === part.length;
}

export const everyKind: ReadonlySet<string> = new Set(['created', 'acknowledged', 'resolved', 'assigned', 'noted']);
