/** Records that are not as PagerDuty documents them: such as public reports tell of, and others of their kind. */
export interface OddRecord {
  readonly name: string;
  readonly record: unknown;
  /** The first field that is odd, as it is reported. */
  readonly field: string;
  /** True if it cannot be read at all. */
  readonly isSetAside?: true;
}

const at = '2026-01-05T09:00:00Z';
const ada = { id: 'PUSER01', type: 'user_reference', summary: 'Ada' };
const deleted = { id: null, type: 'user_reference', summary: 'Deleted user' };
const text = 'x'.repeat(100_000);

/** An incident as PagerDuty documents it. */
export const goodIncident = (id: string) => ({
  id,
  type: 'incident',
  summary: `[#7] ${id}`,
  html_url: `https://acme.pagerduty.com/incidents/${id}`,
  status: 'triggered',
  created_at: at,
  incident_number: 7,
  incident_key: id,
  title: id,
  urgency: 'high',
  priority: null,
  last_status_change_at: at,
  resolved_at: null,
  assignments: [{ at, assignee: ada }],
  acknowledgements: [],
  teams: [],
});

/** What nothing can be read of: no records, or records that nothing names. */
const unreadable: readonly OddRecord[] = [
  { name: 'null', record: null, field: '', isSetAside: true },
  { name: 'a text', record: 'ODD', field: '', isSetAside: true },
  { name: 'a number', record: 7, field: '', isSetAside: true },
  { name: 'a list', record: [{ id: 'ODD' }], field: '', isSetAside: true },
  { name: 'an empty object', record: {}, field: '/id', isSetAside: true },
  { name: 'an id that is null', record: { id: null, type: 'x', created_at: at }, field: '/id', isSetAside: true },
  { name: 'an id that is a number', record: { id: 7, type: 'x', created_at: at }, field: '/id', isSetAside: true },
  { name: 'an empty id', record: { id: '', type: 'x', created_at: at }, field: '/id', isSetAside: true },
];

const incident = (name: string, field: string, more: object): OddRecord => ({
  name: `an incident with ${name}`,
  record: { ...goodIncident('ODD'), ...more },
  field,
});

export const oddIncidents: readonly OddRecord[] = [
  ...unreadable,
  { name: 'an incident with nothing but an id', record: { id: 'ODD' }, field: '/status' },
  incident('no status', '/status', { status: undefined }),
  incident('a status that is null', '/status', { status: null }),
  incident('a status that is an object', '/status', { status: { name: 'triggered' } }),
  incident('a time that is null', '/created_at', { created_at: null }),
  incident('an empty time', '/created_at', { created_at: '' }),
  incident('a time that is none', '/created_at', { created_at: 'yesterday' }),
  incident('a time that is a number', '/created_at', { created_at: 1_767_603_600 }),
  incident('a number that is a text', '/incident_number', { incident_number: '7' }),
  incident('a key that is a number', '/incident_key', { incident_key: 7 }),
  incident('a title that is an object', '/title', { title: {} }),
  incident('a summary that is a list', '/summary', { summary: [] }),
  incident('an address that is a number', '/html_url', { html_url: 7 }),
  incident('an assignee that is null', '/assignments/0/assignee', { assignments: [{ at, assignee: null }] }),
  incident('an assignee without an id', '/assignments/0/assignee/id', { assignments: [{ at, assignee: deleted }] }),
  incident('an assignment that is null', '/assignments/0', { assignments: [null, { at, assignee: ada }] }),
  incident('an assignment at no time', '/assignments/0/at', { assignments: [{ at: 'soon', assignee: ada }] }),
  incident('assignments that are an object', '/assignments', { assignments: { at, assignee: ada } }),
  incident('assignments that are a text', '/assignments', { assignments: text }),
  incident('an acknowledger that is null', '/acknowledgements/0/acknowledger', {
    acknowledgements: [{ at, acknowledger: null }],
  }),
  incident('an acknowledger without an id', '/acknowledgements/0/acknowledger/id', {
    acknowledgements: [{ at, acknowledger: {} }],
  }),
  incident('an unreadable last change', '/last_status_change_at', { last_status_change_at: {} }),
  incident('an unreadable resolution', '/resolved_at', { status: 'resolved', resolved_at: 'never' }),
];

const entry = (name: string, field: string, more: object): OddRecord => ({
  name: `an entry with ${name}`,
  record: { ...goodEntry('ODD'), ...more },
  field,
});

/** A log entry as PagerDuty documents it. */
export const goodEntry = (id: string) => ({
  id,
  type: 'assign_log_entry',
  created_at: at,
  agent: ada,
  incident: goodIncident(`P${id}`),
  assignees: [ada],
});

export const oddEntries: readonly OddRecord[] = [
  ...unreadable,
  { name: 'an entry without a type', record: { id: 'ODD', created_at: at }, field: '/type', isSetAside: true },
  { ...entry('a type that is null', '/type', { type: null }), isSetAside: true },
  entry('no time', '/created_at', { created_at: undefined }),
  entry('a time that is null', '/created_at', { created_at: null }),
  entry('an empty time', '/created_at', { created_at: '' }),
  entry('a time that is none', '/created_at', { created_at: '0000-99-99' }),
  entry('an agent without an id', '/agent/id', { agent: { id: null, type: 'email_reference' } }),
  entry('an agent that is a text', '/agent', { agent: 'Ada' }),
  {
    ...entry('an incident without an id', '/incident/id', { incident: { id: null, type: 'incident_reference' } }),
    isSetAside: true,
  },
  { ...entry('an incident that is a text', '/incident', { incident: 'PINC001' }), isSetAside: true },
  entry('an assignee that is null', '/assignees/0', { assignees: [null, ada] }),
  entry('an assignee without an id', '/assignees/0/id', { assignees: [deleted] }),
  { ...entry('assignees that are an object', '/assignees', { assignees: ada }), isSetAside: true },
  ...oddIncidents
    .filter(({ isSetAside, field }) => isSetAside !== true && field !== '/status' && field !== '/created_at')
    .map(({ name, record, field }) => entry(name, `/incident${field}`, { incident: record })),
];

/** A note as PagerDuty documents it. */
export const goodNote = (id: string) => ({ id, created_at: at, user: ada, content: id });

export const oddNotes: readonly OddRecord[] = [
  ...unreadable,
  { name: 'a note at no time', record: { ...goodNote('ODD'), created_at: null }, field: '/created_at' },
  { name: 'a note at an unreadable time', record: { ...goodNote('ODD'), created_at: 'x' }, field: '/created_at' },
];

/** Notes whose authors are whatever they are, which is nothing odd. */
export const notesOfAnybody: readonly unknown[] = [null, undefined, 'Ada', 7, [], {}, deleted, { id: 7 }].map(
  (user) => ({
    ...goodNote('ODD'),
    user,
  }),
);

/** A user as PagerDuty documents it. */
export const goodUser = (id: string) => ({ id, type: 'user', name: id, email: 'ada@example.com' });

export const oddUsers: readonly OddRecord[] = [
  ...unreadable,
  { name: 'a user with a list of addresses', record: { ...goodUser('ODD'), email: ['a@b.c'] }, field: '/email' },
  { name: 'a user with an address that is a number', record: { ...goodUser('ODD'), email: 7 }, field: '/email' },
];

/** Policies, services and priorities need nothing but an id. */
export const oddThings: readonly OddRecord[] = unreadable;
