import t from 'tap';
import { type IncidentSource, incidentIdOf, noteFrontier } from '../../src/engine/note-frontier.js';
import { ServiceError } from '../../src/errors/service-error.js';
import { PagerDutyResponseError } from '../../src/pagerduty/errors.js';
import type { Note } from '../../src/pagerduty/models.js';

const failed = (status: number) => new PagerDutyResponseError(status, { errors: [] }, undefined);

/** An account with one incident, P1, whose number is 1234. */
function accountWith(notes: readonly Note[]): IncidentSource {
  return {
    incidents: {
      async notes(id) {
        if (id !== 'P1') throw failed(404);
        return { items: notes };
      },
    },
    async incidentIdOf(number) {
      if (number !== '1234') throw failed(404);
      return 'P1';
    },
  };
}

const old = { id: 'N1', created_at: '2026-01-05T09:00:00Z' };
const newest: readonly Note[] = [
  { id: 'N2', created_at: '2026-01-05T10:00:00Z' },
  { id: 'N3', created_at: '2026-01-05T11:00:00.4+01:00' },
];
const untimed = [{ id: 'U1' }, { id: 'U2', created_at: 'soon' }];

for (const name of ['P1', '1234', '#1234', ' #1234 ']) {
  t.test(`an incident that is named ${name}`, async (t) => {
    t.strictSame(await noteFrontier(accountWith([...newest.slice(0, 1), old, ...newest.slice(1), ...untimed]), name), {
      incidentId: 'P1',
      newestMs: Date.parse('2026-01-05T10:00:00.400Z'),
      newestKeys: ['noted N2', 'noted N3', 'noted U1', 'noted U2'],
    });
  });
}

t.test('an incident without notes', async (t) => {
  t.strictSame(await noteFrontier(accountWith([]), 'P1'), { incidentId: 'P1', newestMs: undefined, newestKeys: [] });
  t.strictSame((await noteFrontier(accountWith(untimed), 'P1')).newestKeys, ['noted U1', 'noted U2']);
});

for (const name of ['P2', '4321', '#4321']) {
  t.test(`an incident that is not there, named ${name}`, async (t) => {
    const error: unknown = await noteFrontier(accountWith([]), name).catch((error: unknown) => error);
    if (!(error instanceof ServiceError)) throw error;
    const { code, statusCode, details, message } = error;
    t.strictSame(
      { code, statusCode, details },
      {
        code: 'pagerduty_not_found',
        statusCode: 404,
        details: { field: 'incidentId', pagerduty: { status: 404, errors: [] } },
      },
    );
    t.match(message, /number.*poll again/);
  });
}

t.test('any other failure is told as it is', async (t) => {
  const refused = failed(403);
  const account: IncidentSource = {
    incidents: { notes: () => Promise.reject(refused) },
    incidentIdOf: () => Promise.reject(refused),
  };
  await t.rejects(noteFrontier(account, 'P1'), refused);
  await t.rejects(incidentIdOf(account, '7'), refused);
});
