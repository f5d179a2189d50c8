import t from 'tap';
import { matchKeyOf, type ObservedEvent } from '../../src/engine/events.js';
import { maxGiven } from '../../src/engine/given.js';
import { behindShown, type Shown, shownOf } from '../../src/engine/shown.js';

const earliestMs = 1_767_603_600_000;
const newestMs = earliestMs + 30_500;
const at = (second: number, isLogged = false, key = `created P${second}`): Shown => ({
  key,
  atMs: earliestMs + second * 1_000,
  isLogged,
});

t.test(
  'a host is not to get what is shown and not in the log, nor in another log what is of the newest second',
  async (t) => {
    const shown = [at(-1), at(5, true), at(6), at(30, true)];
    t.strictSame(behindShown({ earliestMs, newestMs }, shown), {
      sinceMs: earliestMs,
      frontierMs: earliestMs + 30_000,
      given: [at(30, true), at(6)],
    });
  },
);

t.test('if that is more than a state can say, it begins in the second of the first that it does not say', async (t) => {
  const many = Array.from({ length: maxGiven }, (_, index) => at(20, false, `created P${index}`));
  const begun = behindShown({ earliestMs, newestMs }, [at(3), at(4), ...many, at(29)]);
  t.equal(begun.sinceMs, earliestMs + 20_000);
  t.equal(begun.frontierMs, earliestMs + 30_000);
  t.strictSame(begun.given, [at(29), ...many.slice(0, maxGiven - 1)]);
});

t.test('a second too crowded to say is not said at all: the room is for what comes next', async (t) => {
  const crowd = Array.from({ length: maxGiven + 1 }, (_, index) => at(30, true, `created P${index}`));
  const begun = behindShown({ earliestMs, newestMs }, crowd);
  t.strictSame(begun, { sinceMs: earliestMs + 30_000, frontierMs: earliestMs + 30_000, given: [] });
});

t.test('what is shown is what polls see again, and what was read for the host, by each name', async (t) => {
  const event = (id: string, subject: string, otherKeys: string[] = []): ObservedEvent => ({
    key: `assigned ${id} ${subject}`,
    otherKeys,
    matchKey: matchKeyOf({ kind: 'assigned', incidentId: 'P1', subject }, earliestMs),
    kind: 'assigned',
    subject,
    incidentId: 'P1',
    atMs: earliestMs,
    payload: {},
  });
  // What was assigned to others takes no room.
  const known = new Map(
    [event('R1', 'U1'), event('R0', 'U2'), { ...event('R1', 'U1'), key: 'created P1' }].map(
      ({ key, atMs, matchKey }) => [key, { atMs, matchKey }] as const,
    ),
  );
  const events = [event('R2', 'U1', ['assigned P1 U1 1']), event('R3', 'U1'), event('R4', 'U2')];
  const unlogged = new Set(['assigned R2 U1', 'assigned R3 U1', 'assigned R4 U2']);
  const shown = shownOf({ kind: 'assigned', subject: 'U1' }, { known, events, unlogged });
  t.strictSame(
    shown.map(({ key, isLogged }) => [key, isLogged]),
    [
      ['assigned R1 U1', true],
      ['assigned R2 U1', true],
      ['assigned P1 U1 1', true],
      ['assigned R3 U1', false],
    ],
  );
});
