import fc from 'fast-check';
import t from 'tap';
import {
  Incident,
  incidentReader,
  isWhole,
  LogEntry,
  logEntryReader,
  Note,
  noteReader,
  User,
  userReader,
} from '../../src/pagerduty/models.js';

const at = '2026-01-05T09:00:00Z';
const ada = {
  id: 'PUSER01',
  type: 'user_reference',
  summary: 'Ada',
  html_url: 'https://acme.pagerduty.com/users/PUSER01',
};
const incident = {
  id: 'PINC001',
  type: 'incident',
  summary: '[#7] The disk is full',
  html_url: 'https://acme.pagerduty.com/incidents/PINC001',
  status: 'triggered',
  created_at: at,
  incident_number: 7,
  incident_key: 'disk',
  title: 'The disk is full',
  urgency: 'high',
  priority: null,
  last_status_change_at: at,
  resolved_at: null,
  assignments: [{ at, assignee: ada }],
  acknowledgements: [{ at, acknowledger: ada }],
  brand_new: { deep: [null] },
};
const logEntry = {
  id: 'R1',
  type: 'assign_log_entry',
  created_at: at,
  agent: ada,
  incident,
  assignees: [ada],
  teams: [],
};
const note = { id: 'N1', created_at: at, user: ada, content: 'Hello' };
const user = { id: 'PUSER01', email: 'ada@example.com', name: 'Ada' };

const kinds = [
  { reader: incidentReader, schema: Incident, good: incident },
  { reader: logEntryReader, schema: LogEntry, good: logEntry },
  { reader: noteReader, schema: Note, good: note },
  { reader: userReader, schema: User, good: user },
] as const;

t.test('a good record is the same object', async (t) => {
  for (const { reader, good } of kinds) {
    const { record, odd } = reader.read(good);
    t.equal(record, good, reader.kind);
    t.strictSame(odd, []);
  }
  const bare = { id: 'PINC001', status: null, created_at: at, assignments: null };
  t.equal(incidentReader.read(bare).record, bare, 'null needs no mending');
});

t.test('whatever comes, it is read or set aside, and never an error', async () => {
  for (const { reader, schema, good } of kinds) {
    const names = Object.keys(schema.properties);
    const value = fc.oneof(
      fc.jsonValue(),
      fc.dictionary(fc.constantFrom(...names, '__proto__', 'self', 'html_url'), fc.jsonValue()),
      fc.dictionary(fc.constantFrom(...names), fc.jsonValue()).map((odd) => ({ ...good, ...odd })),
    );
    fc.assert(
      fc.property(value, (sent) => {
        const before = JSON.stringify(sent);
        const { record, odd } = reader.read(sent);
        const named = odd.every(({ field }) => field === '' || field.startsWith('/'));
        const isRead = record !== undefined && odd.every(({ isSetAside }) => !isSetAside);
        const isSetAside = record === undefined && odd.length === 1 && odd[0]?.isSetAside === true;
        // Read again, what was mended needs no more mending.
        const isWellDone = record === undefined || reader.read(record).record === record;
        return named && (isRead || isSetAside) && isWellDone && JSON.stringify(sent) === before;
      }),
    );
  }
});

t.test('one odd field changes nothing else', async () => {
  for (const { reader, schema, good } of kinds) {
    // An assignment of nothing, or to nobody, says nothing.
    const required: readonly string[] = [
      ...schema.required,
      ...(reader === logEntryReader ? ['incident', 'assignees'] : []),
    ];
    const odd = fc.record({
      name: fc.constantFrom(...Object.keys(schema.properties)),
      value: fc.jsonValue().map((value): unknown => JSON.parse(JSON.stringify(value))),
    });
    fc.assert(
      fc.property(odd, ({ name, value }) => {
        const sent = { ...good, [name]: value };
        const { record } = reader.read(sent);
        if (record === undefined) return required.includes(name);
        const [others, asSent] = [record, sent].map((one) => JSON.stringify({ ...one, [name]: undefined }));
        return others === asSent;
      }),
    );
  }
});

t.test('an entry is set aside that names nothing of what its type is about', async (t) => {
  for (const type of ['trigger', 'acknowledge', 'resolve', 'assign', 'escalate', 'delegate']) {
    for (const odd of [{ incident: null }, { incident: 'PINC001' }, { incident: undefined }]) {
      const { record, odd: named } = logEntryReader.read({ ...logEntry, type: `${type}_log_entry`, ...odd });
      t.equal(record, undefined, type);
      t.strictSame(named, [{ record: 'log_entry', id: 'R1', field: '/incident', isSetAside: true }]);
    }
    const ofNobody = { ...logEntry, type: `${type}_log_entry`, assignees: null };
    const namesPeople = ['assign', 'escalate', 'delegate'].includes(type);
    t.equal(logEntryReader.read(ofNobody).record, namesPeople ? undefined : ofNobody, type);
  }
  const other = { ...logEntry, type: 'notify_log_entry', incident: null, assignees: null };
  t.equal(logEntryReader.read(other).record, other, 'nobody is told of those');
});

t.test('an odd field is read as null, a list loses its odd items, and each is named', async (t) => {
  const cases: ReadonlyArray<readonly [sent: object, read: object, fields: readonly string[]]> = [
    [{ incident_number: '7' }, { incident_number: null }, ['/incident_number']],
    [{ created_at: 7 }, { created_at: null }, ['/created_at']],
    [{ created_at: '' }, { created_at: null }, ['/created_at']],
    [{ created_at: 'yesterday' }, { created_at: null }, ['/created_at']],
    [{ created_at: null }, { created_at: null }, ['/created_at']],
    [{ status: ['triggered'] }, { status: null }, ['/status']],
    [{ assignments: 'Ada' }, { assignments: null }, ['/assignments']],
    [{ assignments: {} }, { assignments: null }, ['/assignments']],
    [{ assignments: [null, { at, assignee: ada }] }, { assignments: [{ at, assignee: ada }] }, ['/assignments/0']],
    [
      { assignments: [{ at, assignee: ada }, { at, assignee: null }, { at }] },
      { assignments: [{ at, assignee: ada }] },
      ['/assignments/1/assignee', '/assignments/2/assignee'],
    ],
    [
      { assignments: [{ at: 7, assignee: ada, brand_new: 1 }] },
      { assignments: [{ at: null, assignee: ada, brand_new: 1 }] },
      ['/assignments/0/at'],
    ],
    [
      { acknowledgements: [{ at, acknowledger: { id: null } }] },
      { acknowledgements: [] },
      ['/acknowledgements/0/acknowledger/id'],
    ],
    [
      { acknowledgements: Array.from({ length: 1_000 }, () => null) },
      { acknowledgements: [] },
      [0, 1, 2, 3, 4].map((index) => `/acknowledgements/${index}`),
    ],
    [{ urgency: 7, priority: [] }, { urgency: 7, priority: [] }, []],
  ];
  for (const [sent, read, fields] of cases) {
    const { record, odd } = incidentReader.read({ ...incident, ...sent });
    t.strictSame(record, { ...incident, ...read }, JSON.stringify(sent).slice(0, 80));
    const named = fields.map((field) => ({ record: 'incident', id: 'PINC001', field, isSetAside: false }));
    t.strictSame(odd, named);
  }
});

t.test('a record without an id is known by its address, if that has it', async (t) => {
  const self = 'https://api.pagerduty.com/incidents/PINC001';
  for (const id of [null, undefined, '', 7, {}]) {
    const { record, odd } = incidentReader.read({ ...incident, id });
    t.equal(record?.id, 'PINC001', `${JSON.stringify(id)} and html_url`);
    t.match(odd, [{ id: 'PINC001', field: '/id', isSetAside: false }]);
    t.equal(incidentReader.read({ id, self }).record?.id, 'PINC001', 'self');
  }
  t.equal(logEntryReader.read({ ...logEntry, incident: { ...incident, id: null } }).record?.incident?.id, 'PINC001');
  for (const address of [
    null,
    7,
    '',
    'PINC001',
    `${self}?x=1`,
    `${self}/`,
    'https://api.pagerduty.com/incidents/',
    `${self}#PINC002`,
  ]) {
    const { record, odd } = incidentReader.read({ id: null, self: address, html_url: address });
    t.equal(record, undefined, JSON.stringify(address));
    t.strictSame(odd, [{ record: 'incident', id: undefined, field: '/id', isSetAside: true }]);
  }
});

t.test('what cannot be read is named by the field for which it cannot', async (t) => {
  for (const value of [null, undefined, 'R1', 7, [], true]) {
    const odd = [{ record: 'log_entry', id: undefined, field: '', isSetAside: true }];
    t.strictSame(logEntryReader.read(value), { record: undefined, odd });
  }
  const many = { created_at: 1, agent: 1, incident: 1, assignees: [1, 2, 3, 4, 5, 6] };
  t.strictSame(logEntryReader.read({ id: 'R1', ...many }), {
    record: undefined,
    odd: [{ record: 'log_entry', id: 'R1', field: '/type', isSetAside: true }],
  });
  t.strictSame(logEntryReader.read({ ...many, type: 'x' }).odd, [
    { record: 'log_entry', id: undefined, field: '/id', isSetAside: true },
  ]);
  t.match(noteReader.read({ id: 'a "quoted"\n id' }).odd, [{ id: undefined, field: '/created_at' }], 'an id for a log');
});

t.test('a reference is told from the incident itself', async (t) => {
  t.ok(isWhole(incident));
  t.ok(isWhole({ id: 'P1', status: 'resolved' }));
  t.ok(isWhole(incidentReader.read({ ...incident, status: 7 }).record ?? { id: '' }), 'however odd');
  for (const reference of [
    { id: 'P1' },
    { id: 'P1', type: 'incident_reference', summary: 'x' },
    { id: 'P1', status: null },
  ]) {
    t.notOk(isWhole(reference));
  }
});
