import fc from 'fast-check';
import t, { type Test } from 'tap';
import { checkHistory, checkOrder, everyKind } from '../support/history-oracle.js';
import { type Step, step, temporaryStore, World } from '../support/simulated-world.js';

/** How many histories each property plays. More of them: HISTORIES=3000 npx tap run --timeout=9000 test/engine. */
const numRuns = Number(process.env.HISTORIES ?? 60);
/** A history takes a fraction of a second; a machine may be busy with something else. */
const timeout = 120_000 + 3_000 * numRuns;
const steps = fc.array(step, { minLength: 20, maxLength: 120, size: 'max' });

const sqlite = temporaryStore(t);
/** Each history has a key, and so a log, of its own. */
let runs = 0;

/** Plays the histories of one test, and adds up what was in them. */
class Histories {
  readonly totals = { histories: 0, events: 0, delivered: 0, crashes: 0, stalls: 0, faults: 0, polls: 0, replays: 0 };
  readonly kind: 'account' | 'no-log-entries';

  constructor(kind: 'account' | 'no-log-entries') {
    this.kind = kind;
  }

  async play(steps: readonly Step[], replicas = 1): Promise<void> {
    runs += 1;
    const world = new World(sqlite, runs, this.kind, replicas);
    await world.play(steps);
    await world.end();
    const { events, delivered } = checkHistory(world, this.kind === 'account' ? everyKind : new Set(['created']));
    checkOrder(world);
    this.totals.events += events;
    this.totals.delivered += delivered;
    this.totals.histories += 1;
    this.totals.crashes += world.crashed;
    this.totals.stalls += world.replicas.reduce((sum, { store }) => sum + store.stalled, 0);
    this.totals.faults += world.upstream.faulted;
    this.totals.polls += world.observed.polls;
    this.totals.replays += world.observed.replays;
  }

  /** Sees that as many histories were played as were asked for, and that there was something in them to lose. */
  check(t: Test, expected: number): void {
    const { delivered, histories } = this.totals;
    t.comment(JSON.stringify(this.totals));
    t.ok(histories >= expected, `${histories} histories of ${expected} were played`);
    t.ok(delivered > histories, `${delivered} events were delivered`);
  }
}

const parameters = { numRuns, endOnFailure: false, interruptAfterTimeLimit: timeout, markInterruptAsFailure: true };

t.test('nothing is lost and nothing comes twice, whatever happens', { timeout }, async (t) => {
  const histories = new Histories('account');
  await fc.assert(
    fc.asyncProperty(steps, (steps) => histories.play(steps)),
    parameters,
  );
  histories.check(t, numRuns);
});

t.test('nor with several replicas that share the store', { timeout }, async (t) => {
  const histories = new Histories('account');
  await fc.assert(
    fc.asyncProperty(steps, fc.integer({ min: 2, max: 3 }), (steps, replicas) => histories.play(steps, replicas)),
    parameters,
  );
  histories.check(t, numRuns);
});

t.test('with the incident lists alone no creation is lost, and nothing comes twice', { timeout }, async (t) => {
  const histories = new Histories('no-log-entries');
  const numRunsOfLists = Math.ceil(numRuns / 3);
  await fc.assert(
    fc.asyncProperty(steps, (steps) => histories.play(steps)),
    { ...parameters, numRuns: numRunsOfLists },
  );
  histories.check(t, numRunsOfLists);
});
