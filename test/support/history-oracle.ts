import assert from 'node:assert/strict';
import { compareDelivery, idsOf, isPartInOrder } from '../../sandbox/kit/delivery-oracle.js';
import type { Registration, SimulatedHost } from './simulated-host.js';
import type { World } from './simulated-world.js';
import type { RecordedItem } from './simulation/account-ledger.js';
import { remembered } from './simulation/repeats.js';

/** How often an item may reach a host again after the first time. */
export type MayRepeat = (host: SimulatedHost, one: RecordedItem) => number;

/** What hosts are promised in a world. */
export interface Rules {
  /** Kinds of which every single event is told. Of the others none may come twice or too old. */
  readonly kinds: ReadonlySet<string>;
  readonly mayRepeat: MayRepeat;
  /** Events that need not be told. */
  readonly isOptional: (one: RecordedItem) => boolean;
}

export const everyKind: ReadonlySet<string> = new Set(['created', 'acknowledged', 'resolved', 'assigned', 'noted']);

/** What is promised if a world does not say otherwise. */
export const usualRules: Rules = {
  kinds: everyKind,
  mayRepeat: () => 0,
  isOptional: () => false,
};

/** How what hosts have received compares with what truly happened. */
export interface Verdict {
  /** How many events hosts had to get, and how many they got in all. */
  readonly owed: number;
  readonly delivered: number;
  /** What did not come, and what came twice or was too old, each told at length. */
  readonly lost: readonly string[];
  readonly surplus: readonly string[];
}

/** What the account's own history owes a host: what it must have got, and what it may have got beside. */
function owedTo(world: World, host: SimulatedHost, registration: Registration, rules: Rules) {
  const must: string[] = [];
  const may: string[] = [];
  const about = new Map<string, RecordedItem[]>();
  const hasLeft = registration.recordedWhenLeft !== undefined;
  const crowdedMs = crowdedSecond(world, host, registration);
  for (const [index, one] of world.ledger(registration.account).items.entries()) {
    // Asked for each event of long histories: the cheap question comes first.
    if (one.item.kind !== host.filter.kind) continue;
    const [id] = idsOf([one.item], host.filter);
    if (id === undefined || index >= (registration.recordedWhenLeft ?? Number.POSITIVE_INFINITY)) continue;
    const known = about.get(id);
    if (known === undefined) about.set(id, [one]);
    else known.push(one);
    const isOwed = index >= registration.recordedAfter && !hasLeft && !isStampedBefore(world, registration, one);
    if (isOwed && rules.kinds.has(host.filter.kind) && !rules.isOptional(one)) must.push(id);
    else if (index >= registration.recordedBefore || mayBeTold(world, registration, rules, one)) may.push(id);
    else if (one.item.atMs === crowdedMs) may.push(id);
    else continue;
    for (let again = rules.mayRepeat(host, one); again > 0; again -= 1) may.push(id);
  }
  return { must, may, about };
}

/**
 * Whether something that came after a registration looks as if it came long before: PagerDuty's clock was set back. It
 * cannot be told from what was recorded then and shown late, and that is nothing for the host.
 */
function isStampedBefore(world: World, { newestStampMs }: Registration, { item }: RecordedItem): boolean {
  return item.atMs < newestStampMs - world.pollIntervalMs;
}

/**
 * The second, if there is one, in which so much was shown at a registration that a state cannot say which of it the host
 * is not to get: it may get some of it, rather than miss what comes next and is dated to the same second.
 */
function crowdedSecond(world: World, { filter }: SimulatedHost, registration: Registration): number | undefined {
  const shown = world
    .ledger(registration.account)
    .items.slice(0, registration.recordedBefore)
    .filter(({ item, visibleAtMs }) => visibleAtMs <= registration.atMs && item.kind === filter.kind)
    .filter(({ item }) => idsOf([item], filter).length > 0)
    .map(({ item }) => item.atMs)
    .sort((a, b) => b - a);
  return shown[remembered];
}

/**
 * Whether something may be told that was recorded before a host was registered: it was in the interval before. Or
 * PagerDuty has not shown it for an interval, and it is at most an interval older than the newest that it showed before:
 * the service goes by what it has read, at most an interval ago.
 */
function mayBeTold(world: World, registration: Registration, rules: Rules, one: RecordedItem): boolean {
  if (registration.isBlind) return true;
  // Stamps are cut to the second.
  const graceMs = world.pollIntervalMs + 1000;
  if (one.recordedAtMs >= registration.atMs - graceMs) return true;
  // What need not be told may have been there, and not to be read.
  const isUnread = rules.isOptional(one) || one.visibleAtMs > registration.atMs - graceMs;
  return isUnread && one.item.atMs >= registration.readStampMs - graceMs;
}

/** Compares what every host has received with what truly happened. */
export function judgeHistory(world: World, rules: Rules): Verdict {
  const totals = { owed: 0, delivered: 0 };
  const wrong = { lost: [] as string[], surplus: [] as string[] };
  for (const [number, host] of world.hosts.entries()) {
    for (const registration of host.registrations) {
      const { must, may, about } = owedTo(world, host, registration, rules);
      const { owed, lost, surplus } = compareDelivery(must, registration.received, may);
      totals.owed += owed;
      totals.delivered += registration.received.length;
      const name = `host ${number} (${host.filter.kind} ${host.filter.subject ?? 'of all'})`;
      const told = (what: string, id: string) => `${what}: ${name}: ${id} ${described(world, about.get(id) ?? [])}`;
      wrong.lost.push(...lost.map((id) => told('lost', id)));
      wrong.surplus.push(...surplus.map((id) => told('twice or too old', id)));
    }
  }
  return { ...totals, ...wrong };
}

function described(world: World, items: readonly RecordedItem[]): string {
  const seconds = (ms: number) => `${((ms - world.startedAtMs) / 1000).toFixed(1)} s`;
  return items
    .map(({ item, recordedAtMs, visibleAtMs }) => {
      return `recorded at ${seconds(recordedAtMs)}, stamped ${seconds(item.atMs)}, shown at ${seconds(visibleAtMs)}`;
    })
    .join('; ');
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
