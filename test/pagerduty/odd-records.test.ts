import t, { type Test } from 'tap';
import { PagerDutyClient } from '../../src/pagerduty/client.js';
import { DirectoryApi } from '../../src/pagerduty/directory-api.js';
import { IncidentsApi, LogEntriesApi } from '../../src/pagerduty/incidents-api.js';
import type { Page } from '../../src/pagerduty/listing.js';
import type { Records } from '../../src/pagerduty/read-body.js';
import type { OddField, RecordKind } from '../../src/pagerduty/record-reader.js';
import { ManualClock } from '../support/manual-clock.js';
import {
  goodEntry,
  goodIncident,
  goodNote,
  goodUser,
  notesOfAnybody,
  type OddRecord,
  oddEntries,
  oddIncidents,
  oddNotes,
  oddThings,
  oddUsers,
} from '../support/odd-records.js';
import { passThroughGate } from '../support/pass-through-gate.js';
import type { Received } from '../support/upstream.js';

/** A PagerDuty that answers everything with one body; with what was asked of it, and what was reported. */
function newPagerDuty() {
  const state: { body: unknown; readonly reported: OddField[]; readonly asked: string[] } = {
    body: {},
    reported: [],
    asked: [],
  };
  const client = new PagerDutyClient({
    transport: {
      send: async ({ path }: Pick<Received, 'method'> & { path: string }) => {
        state.asked.push(path);
        return { status: 200, headers: {}, body: JSON.stringify(state.body) };
      },
      close: async () => undefined,
    },
    credential: { scheme: 'Token', key: 'u+S3cretKey_-9' },
    clock: new ManualClock(),
    random: () => 0,
    gate: passThroughGate,
    oddField: (odd) => state.reported.push(odd),
  });
  const incidents = new IncidentsApi(client);
  return { state, incidents, logEntries: new LogEntriesApi(client), directory: new DirectoryApi(client) };
}

interface Case {
  readonly kind: RecordKind;
  readonly collection: string;
  readonly odd: readonly OddRecord[];
  readonly good: (id: string) => object;
  readonly list: (pagerDuty: ReturnType<typeof newPagerDuty>) => Promise<Records<{ readonly id: string }>>;
}

const page = { offset: 0, limit: 3 };
const lists: readonly Case[] = [
  {
    kind: 'incident',
    collection: 'incidents',
    odd: oddIncidents,
    good: goodIncident,
    list: ({ incidents }) => incidents.list(page),
  },
  {
    kind: 'log_entry',
    collection: 'log_entries',
    odd: oddEntries,
    good: goodEntry,
    list: async ({ logEntries }) => (await logEntries.list(page)).value,
  },
  { kind: 'note', collection: 'notes', odd: oddNotes, good: goodNote, list: ({ incidents }) => incidents.notes('P1') },
  { kind: 'user', collection: 'users', odd: oddUsers, good: goodUser, list: ({ directory }) => directory.users(page) },
  {
    kind: 'service',
    collection: 'services',
    odd: oddThings,
    good: goodUser,
    list: ({ directory }) => directory.services(page),
  },
  {
    kind: 'escalation_policy',
    collection: 'escalation_policies',
    odd: oddThings,
    good: goodUser,
    list: ({ directory }) => directory.escalationPolicies(page),
  },
  {
    kind: 'priority',
    collection: 'priorities',
    odd: oddThings,
    good: goodUser,
    list: ({ directory }) => directory.priorities(page),
  },
];

for (const { kind, collection, odd, good, list } of lists) {
  t.test(`an odd record among ${collection} hides no other, and is named`, async (t: Test) => {
    for (const { name, record, field, isSetAside = false } of odd) {
      const pagerDuty = newPagerDuty();
      const [before, after] = [good('BEFORE'), good('AFTER')];
      pagerDuty.state.body = { [collection]: [before, record, after] };
      const { items, received, setAside, mended } = await list(pagerDuty);
      const ids = items.map(({ id }) => id);
      t.strictSame(ids, isSetAside ? ['BEFORE', 'AFTER'] : ['BEFORE', 'ODD', 'AFTER'], name);
      t.strictSame([items[0], items.at(-1)], [before, after], `${name}: the others are as they came`);
      t.equal(received, 3);
      const [first] = isSetAside ? setAside : mended;
      t.match(first, { record: kind, field, isSetAside }, name);
      t.strictSame(pagerDuty.state.reported, [...setAside, ...mended], `${name} is reported`);
      t.notMatch(JSON.stringify(pagerDuty.state.reported), /Deleted|yesterday|xxx|acme/, 'without its values');
    }
  });
}

t.test(
  'one odd record in an answer of its own is read as far as it can be, or is an error that names the field',
  async (t) => {
    const { state, incidents, directory } = newPagerDuty();
    const change = { id: 'ODD', from: 'ada@example.com', change: {} };
    const singles = [
      ...[
        () => incidents.get('ODD'),
        () => incidents.update(change),
        () => incidents.create({ from: '', incident: {} }),
        () => incidents.snooze({ ...change, durationSeconds: 1 }),
        () => incidents.merge({ ...change, sourceIds: [] }),
      ].map((call) => ({ property: 'incident', odd: oddIncidents, call })),
      { property: 'user', odd: oddUsers, call: () => directory.user('ODD') },
      { property: 'note', odd: oddNotes, call: () => incidents.addNote({ ...change, content: 'x' }) },
    ];
    for (const { property, odd, call } of singles) {
      for (const { name, record, field, isSetAside } of odd) {
        state.body = { [property]: record };
        if (isSetAside === true) {
          const place = `/${property}${field} is missing or odd`;
          await t.rejects(
            call(),
            { code: /^pagerduty_invalid_response$/, statusCode: 502, message: new RegExp(place) },
            name,
          );
        } else t.equal((await call()).id, 'ODD', name);
      }
    }
  },
);

t.test('a note is one whoever wrote it', async (t) => {
  const { state, incidents } = newPagerDuty();
  state.body = { notes: notesOfAnybody };
  const { items, mended } = await incidents.notes('P1');
  t.strictSame(JSON.stringify(items), JSON.stringify(notesOfAnybody));
  t.strictSame(mended, []);
});

t.test('a page says whether the listing goes on, or goes by whether it is full', async (t) => {
  const { state, incidents } = newPagerDuty();
  const read = async (sent: object, limit?: number): Promise<Page<unknown>> => {
    state.body = { incidents: [goodIncident('P1'), null], ...sent };
    return incidents.list(limit === undefined ? {} : { limit });
  };
  for (const [sent, limit, more] of [
    [{ more: true }, 100, true],
    [{ more: false }, 2, false],
    [{}, 2, true],
    [{}, 1, true],
    [{}, 3, false],
    [{ more: null }, 2, true],
    [{ more: 'false' }, 2, true],
    [{ more: 1 }, 3, false],
    [{}, undefined, false],
    [{ incidents: Array.from({ length: 25 }, () => null) }, undefined, true],
  ] as const) {
    t.equal((await read(sent, limit)).more, more, JSON.stringify([sent, limit]).slice(0, 60));
  }
  for (const [total, is] of [
    [7, 7],
    [0, 0],
    [null, undefined],
    ['7', undefined],
    [-1, undefined],
    [1.5, undefined],
  ] as const) {
    t.equal((await read({ total })).total, is, JSON.stringify(total));
  }
});

t.test('entries are asked for since a time, in pages of a size, and counted, only if that is wanted', async (t) => {
  const { state, logEntries } = newPagerDuty();
  state.body = { log_entries: [] };
  await logEntries.list({});
  await logEntries.list({
    limit: 1,
    since: '2026-01-05T09:00:00Z',
    until: '2026-01-05T10:00:00Z',
    offset: 7,
    total: true,
  });
  t.strictSame(state.asked.map(decodeURIComponent), [
    '/log_entries?include[]=incidents',
    '/log_entries?limit=1&since=2026-01-05T09:00:00Z&until=2026-01-05T10:00:00Z&offset=7&total=true&include[]=incidents',
  ]);
});
