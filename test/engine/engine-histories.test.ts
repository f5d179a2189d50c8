import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import type { HistoryItem } from '../../src/sandbox/account/records.js';
import type { SimulatedHost } from '../support/simulated-host.js';
import { intervalMs, type Step, step, temporaryStore, World } from '../support/simulated-world.js';

/** How many histories each property plays. More of them: HISTORIES=3000 npx tap run --timeout=9000 test/engine. */
const numRuns = Number(process.env.HISTORIES ?? 60);
/** A history takes a fraction of a second; a machine may be busy with something else. */
const limitMs = 120_000 + 3_000 * numRuns;
const totals = { histories: 0, events: 0, delivered: 0, crashes: 0, stalls: 0, faults: 0, polls: 0, replays: 0 };

const sqlite = temporaryStore(t);

/** What the account's own history owes a host: what it must have got, and what it may have got beside. */
function owed(history: readonly HistoryItem[], host: SimulatedHost): { must: string[]; may: string[] } {
  const { kind, subject } = host.watch;
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
  }
  return { must, may };
}

function counts(ids: readonly string[]): Map<string, number> {
  const counted = new Map<string, number>();
  for (const id of ids) counted.set(id, (counted.get(id) ?? 0) + 1);
  return counted;
}

/** @param kinds of which the source shows every single one; of the others none may come twice or too old */
function check(world: World, kinds: ReadonlySet<string>): void {
  const { history } = world.sandbox.account;
  for (const host of world.hosts) {
    const { must, may } = owed(history, host);
    const got = counts(host.received);
    const least = counts(must);
    const most = counts([...must, ...may]);
    const name = `${host.watch.kind} ${host.watch.subject ?? ''}`;
    if (kinds.has(host.watch.kind)) totals.events += must.length;
    for (const [id, count] of kinds.has(host.watch.kind) ? least : [])
      assert.ok((got.get(id) ?? 0) >= count, `lost: ${name} of ${id}: ${got.get(id) ?? 0} of ${count}`);
    for (const [id, count] of got)
      assert.ok(count <= (most.get(id) ?? 0), `twice or too old: ${name} of ${id}: ${count}`);
    totals.delivered += host.received.length;
  }
  // Hosts with the same watch read the same log: the one that came later got a part of it, in the same order.
  for (const [index, one] of world.hosts.entries()) {
    for (const other of world.hosts.slice(index + 1)) {
      if (JSON.stringify(one.watch) !== JSON.stringify(other.watch)) continue;
      const [longer, shorter] = one.received.length < other.received.length ? [other, one] : [one, other];
      assert.ok(isPartInOrder(shorter.received, longer.received), `hosts see the same order: ${one.watch.kind}`);
    }
  }
}

function isPartInOrder(part: readonly string[], whole: readonly string[]): boolean {
  let next = 0;
  for (const id of whole) if (id === part[next]) next += 1;
  return next === part.length;
}

const everyKind = new Set(['created', 'acknowledged', 'resolved', 'assigned', 'noted']);

let runs = 0;

async function playHistory(
  steps: readonly Step[],
  kind: 'account' | 'no-log-entries' = 'account',
  replicas = 1,
): Promise<void> {
  runs += 1;
  const world = new World(sqlite, runs, kind, replicas);
  await world.play(steps);
  await world.end();
  check(world, kind === 'account' ? everyKind : new Set(['created']));
  totals.histories += 1;
  totals.crashes += world.crashed;
  totals.stalls += world.replicas.reduce((sum, { store }) => sum + store.stalled, 0);
  totals.faults += world.upstream.faulted;
  totals.polls += world.observed.polls;
  totals.replays += world.observed.replays;
}

t.test('nothing is lost and nothing comes twice, whatever happens', { timeout: limitMs }, async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 120, size: 'max' }), (steps) => playHistory(steps)),
    { numRuns, endOnFailure: false, interruptAfterTimeLimit: limitMs, markInterruptAsFailure: true },
  );
  t.comment(JSON.stringify(totals));
  t.ok(totals.delivered > totals.histories, 'events were delivered');
});

t.test('nor with several replicas that share the store', { timeout: limitMs }, async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 20, maxLength: 120, size: 'max' }),
      fc.integer({ min: 2, max: 3 }),
      (steps, replicas) => playHistory(steps, 'account', replicas),
    ),
    { numRuns, endOnFailure: false, interruptAfterTimeLimit: limitMs, markInterruptAsFailure: true },
  );
  t.comment(JSON.stringify(totals));
  t.ok(totals.delivered > totals.histories, 'events were delivered');
});

t.test(
  'with the incident lists alone no creation is lost, and nothing comes twice',
  { timeout: limitMs },
  async (t) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 120, size: 'max' }), (steps) =>
        playHistory(steps, 'no-log-entries'),
      ),
      { numRuns: Math.ceil(numRuns / 3), interruptAfterTimeLimit: limitMs, markInterruptAsFailure: true },
    );
    t.comment(JSON.stringify(totals));
    t.ok(totals.histories >= numRuns, 'histories were played');
  },
);
