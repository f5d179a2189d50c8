import t from 'tap';
import type { ObservedEvent } from '../../src/engine/events.js';
import { MissingIncidents } from '../../src/engine/missing-incidents.js';
import { type Answer, AnsweringUpstream, connectionsTo } from '../support/answering-upstream.js';
import { ManualClock } from '../support/manual-clock.js';

const startMs = Date.parse('2026-01-05T09:00:00Z');

/** News of an incident; a reference unless it is said to be whole. */
function event(incidentId: string, { key = incidentId, isReference = true } = {}): ObservedEvent {
  const payload = { id: incidentId, type: isReference ? 'incident_reference' : 'incident' };
  const named = { kind: 'created', subject: incidentId, incidentId } as const;
  return { ...named, key, matchKey: key, atMs: startMs, payload, isReference };
}

function build(answer: Answer) {
  const clock = new ManualClock();
  const upstream = new AnsweringUpstream(answer, () => clock.now());
  return { clock, upstream, connection: connectionsTo(upstream, clock)('key'), missing: new MissingIncidents() };
}

const incidentOf = (path: string) => ({
  incident: {
    id: path.slice('/incidents/'.length),
    type: 'incident',
    status: 'triggered',
    created_at: '2026-01-05T08:59:00Z',
  },
});

t.test('an event gets its incident, asked for once a poll, and its incident’s time', async (t) => {
  const { connection, missing, upstream } = build((_, { pathname }) => incidentOf(pathname));
  const whole = event('P0', { isReference: false });
  const assigned: ObservedEvent = { ...event('P1', { key: 'assigned R2 U1' }), kind: 'assigned' };
  const { events, held } = await missing.complete(connection, [whole, event('P1'), assigned]);
  t.equal(held.size, 0);
  t.equal(events[0], whole);
  t.match(events[1], { payload: { status: 'triggered' }, isReference: false, atMs: startMs - 60_000 });
  t.match(events[2], { payload: { status: 'triggered' }, atMs: startMs }, 'an assignment is of its own time');
  t.strictSame(upstream.calls, ['/incidents/P1']);
});

t.test(
  'an incident that cannot be read is asked for in four polls, and its events are told by reference then',
  async (t) => {
    const { connection, missing, upstream } = build((_, { pathname }) =>
      pathname.endsWith('P1') ? 404 : incidentOf(pathname),
    );
    const [lost, again, other] = [event('P1'), event('P1', { key: 'again' }), event('P2')];
    for (let poll = 1; poll <= 3; poll += 1) {
      const { events, held } = await missing.complete(connection, [lost, again, other]);
      t.strictSame(held, new Set([lost, again]), `poll ${poll}`);
      t.strictSame(
        events.map(({ key, isReference }) => [key, isReference]),
        [['P2', false]],
        'nobody else waits',
      );
    }
    const { events, held } = await missing.complete(connection, [lost, again, other]);
    t.equal(held.size, 0);
    t.strictSame(events.slice(0, 2), [lost, again]);
    t.equal(upstream.calls.filter((path) => path.endsWith('P1')).length, 4);
  },
);

t.test('an incident that can be read again is patience’s reward, and begins anew', async (t) => {
  const { connection, missing, upstream } = build(() => 403);
  const lost = event('P1');
  for (let poll = 1; poll <= 3; poll += 1) await missing.complete(connection, [lost]);
  upstream.answer = (_, { pathname }) => incidentOf(pathname);
  t.match((await missing.complete(connection, [lost])).events, [{ isReference: false }]);
  upstream.answer = () => 404;
  t.strictSame((await missing.complete(connection, [lost])).held, new Set([lost]));
});

for (const status of [401, 429]) {
  t.test(`a ${status} says nothing about an incident, and ends the poll`, async (t) => {
    const { clock, connection, missing, upstream } = build(() => status);
    for (let poll = 1; poll <= 5; poll += 1) {
      const error: unknown = await missing.complete(connection, [event('P1')]).catch((error: unknown) => error);
      t.match(error, { pagerDutyStatus: status });
      await clock.advance(60_000);
    }
    upstream.answer = () => 404;
    t.equal((await missing.complete(connection, [event('P1')])).held.size, 1, 'and does not count');
  });
}
