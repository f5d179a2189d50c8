import t from 'tap';
import { matchKeyOf, type ObservedEvent, timeOf, timestamp } from '../../src/engine/events.js';
import { listEvents } from '../../src/engine/read-lists.js';
import { timelineEvents } from '../../src/engine/read-timeline.js';
import type { Incident, LogEntry } from '../../src/pagerduty/models.js';

const at = (second: number) => `2026-01-05T09:00:${String(second).padStart(2, '0')}Z`;
const incident: Incident = { id: 'P1', status: 'triggered', created_at: at(1), incident_number: 1 };

/** An event in brief: its key, what it is about, and in which second it happened. */
function brief(events: readonly ObservedEvent[]): string[] {
  return events.map(({ key, subject, atMs }) => `${key} | ${subject} | ${new Date(atMs).getUTCSeconds()}`);
}

/** The events of entries that have the times that they say. */
function eventsOf(entries: readonly LogEntry[], options = { withListKeys: false }): readonly ObservedEvent[] {
  const timed = entries.map((one) => ({ entry: one, atMs: timeOf(one.created_at) ?? 0 }));
  return timelineEvents(timed, options);
}

function entry(id: string, type: string, second: number, more: Partial<LogEntry> = {}): LogEntry {
  return { id, type: `${type}_log_entry`, created_at: at(second), incident, ...more };
}

for (const [name, entries, expected] of [
  ['a creation, at the time that the incident says', [entry('R1', 'trigger', 3)], ['created P1 | P1 | 1']],
  [
    'a further alert, which is the same creation again',
    [entry('R2', 'trigger', 9), entry('R1', 'trigger', 1)],
    ['created P1 | P1 | 1', 'created P1 | P1 | 1'],
  ],
  [
    'an acknowledgement and a resolution',
    [entry('R3', 'resolve', 7), entry('R2', 'acknowledge', 5)],
    ['acknowledged R2 | P1 | 5', 'resolved R3 | P1 | 7'],
  ],
  [
    'an assignment, one event for each user',
    [entry('R2', 'assign', 5, { assignees: [{ id: 'U1' }, { id: 'U2' }] })],
    ['assigned R2 U1 | U1 | 5', 'assigned R2 U2 | U2 | 5'],
  ],
  [
    'an escalation and a delegation, which assign too',
    [
      entry('R3', 'delegate', 6, { assignees: [{ id: 'U2' }] }),
      entry('R2', 'escalate', 5, { assignees: [{ id: 'U1' }] }),
    ],
    ['assigned R2 U1 | U1 | 5', 'assigned R3 U2 | U2 | 6'],
  ],
  [
    'A, then B, then A again within a second, which PagerDuty lists newest first',
    [
      entry('R4', 'assign', 5, { assignees: [{ id: 'A' }] }),
      entry('R3', 'assign', 5, { assignees: [{ id: 'B' }] }),
      entry('R2', 'assign', 5, { assignees: [{ id: 'A' }] }),
    ],
    ['assigned R2 A | A | 5', 'assigned R3 B | B | 5', 'assigned R4 A | A | 5'],
  ],
  ['an assignment to nobody', [entry('R2', 'assign', 5), entry('R3', 'assign', 6, { assignees: null })], []],
  ['types that mean nothing here', [entry('R2', 'annotate', 5), entry('R3', 'unheard_of', 6)], []],
  ['an entry without an incident', [entry('R2', 'resolve', 5, { incident: null })], []],
  [
    'an assignee who is named twice',
    [entry('R2', 'assign', 5, { assignees: [{ id: 'U1' }, { id: 'U1' }] })],
    ['assigned R2 U1 | U1 | 5'],
  ],
  [
    'an incident that does not say when it was created',
    [entry('R1', 'trigger', 3, { incident: { id: 'P1' } })],
    ['created P1 | P1 | 3'],
  ],
] as const) {
  t.test(`the events of log entries: ${name}`, async (t) => {
    t.strictSame(brief(eventsOf(entries)), expected);
  });
}

const incidents: readonly (readonly [string, Incident, readonly string[]])[] = [
  ['an open incident', incident, ['created P1 | P1 | 1']],
  [
    'who has it now',
    {
      ...incident,
      assignments: [{ at: at(2), assignee: { id: 'U1' } }],
      acknowledgements: [{ at: at(3), acknowledger: { id: 'U1' } }],
    },
    [
      'created P1 | P1 | 1',
      `assigned P1 U1 ${Date.parse(at(2))} | U1 | 2`,
      `acknowledged P1 U1 ${Date.parse(at(3))} | P1 | 3`,
    ],
  ],
  [
    'a resolved incident',
    { ...incident, status: 'resolved', resolved_at: at(9), last_status_change_at: at(8) },
    ['created P1 | P1 | 1', `resolved P1  ${Date.parse(at(9))} | P1 | 9`],
  ],
  [
    'a resolved incident that does not say when',
    { ...incident, status: 'resolved', last_status_change_at: at(8) },
    ['created P1 | P1 | 1', `resolved P1  ${Date.parse(at(8))} | P1 | 8`],
  ],
  [
    'what is without a time',
    { ...incident, assignments: [{ at: null, assignee: { id: 'U1' } }] },
    ['created P1 | P1 | 1'],
  ],
];

for (const [name, one, expected] of incidents) {
  t.test(`the events of an incident: ${name}`, async (t) => {
    t.strictSame(brief(listEvents([one])), expected);
  });
}

t.test('the events of incidents are in the order of their times and numbers', async (t) => {
  const second: Incident = { ...incident, id: 'P2', incident_number: 2 };
  const later: Incident = { ...incident, id: 'P0', incident_number: 3, created_at: at(4) };
  t.strictSame(brief(listEvents([later, second, incident])), [
    'created P1 | P1 | 1',
    'created P2 | P2 | 1',
    'created P0 | P0 | 4',
  ]);
});

t.test('both sources give an event the same match key', async (t) => {
  const assigned = { ...incident, assignments: [{ at: at(2), assignee: { id: 'U1' } }] };
  const [, fromList] = listEvents([assigned]);
  const entries = [entry('R1', 'assign', 2, { assignees: [{ id: 'U1' }] })];
  const [fromEntry] = eventsOf(entries, { withListKeys: true });
  t.ok(fromEntry?.otherKeys?.includes(fromList?.key ?? ''), 'and the timeline knows the key of the lists');
  t.strictSame(eventsOf(entries)[0]?.otherKeys, [], 'if it is asked for');
  t.equal(fromList?.matchKey, fromEntry?.matchKey);
  t.equal(fromEntry?.matchKey, `assigned P1 U1 ${Date.parse(at(2)) / 1_000}`);
  t.equal(matchKeyOf({ kind: 'resolved', incidentId: 'P1', subject: 'P1' }, 1_999), 'resolved P1  1');
});

t.test('PagerDuty’s times', async (t) => {
  t.equal(timeOf('2026-01-05T10:00:00+01:00'), Date.parse(at(0)));
  for (const text of ['', 'soon', null, undefined]) t.equal(timeOf(text), undefined);
  t.equal(timestamp(Date.parse(at(7))), at(7));
  t.equal(timestamp(Date.parse(at(7)) + 999), at(7).replace('Z', '.999Z'));
});
