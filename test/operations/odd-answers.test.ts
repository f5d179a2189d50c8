import t, { type Test } from 'tap';
import { triggers } from '../../src/triggers/triggers.js';
import { logLines } from '../support/log-lines.js';
import { goodIncident, oddIncidents, oddThings, oddUsers } from '../support/odd-records.js';
import { metricOf, readMetrics } from '../support/read-metrics.js';
import { errorOf, propertiesOf, startService } from '../support/running-service.js';
import { answer, startUpstream } from '../support/upstream.js';

/** The service in front of a PagerDuty that answers as the test says, by method and first part of the path. */
async function startBefore(t: Test, answers: Map<string, unknown>) {
  const upstream = await startUpstream(t, (response, { method, url }) => {
    const [, kind = '', id] = url.replace(/\?.*/, '').split('/');
    const body = answers.get(`${method} ${kind}${id === undefined ? '' : '/id'}`);
    answer(response, body === undefined ? { status: 404 } : { body });
  });
  const log = logLines('warn');
  const environment = { PAGERDUTY_API_URL: upstream.url.href, PAGERDUTY_EVENTS_URL: upstream.url.href };
  const { call } = await startService(t, { environment, logger: log.logger });
  const setAside = async (record: string) =>
    metricOf(readMetrics((await call('GET', '/metrics')).text), 'connector_records_set_aside_total', { record });
  return { call, log, upstream, setAside };
}

const ada = { user: { id: 'PUSER01', email: 'ada@example.com' } };
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

t.test('an action whose answer is odd answers with what can be read of it', async (t) => {
  const answers = new Map<string, unknown>([['GET users/id', ada]]);
  const { call } = await startBefore(t, answers);
  const body = { userId: 'PUSER01' };
  const actions = [
    () => call('PUT', '/action1/incidents/ODD', { body }),
    () => call('PUT', '/action2/incidents/ODD', { body }),
    () => call('PUT', '/action3/incidents/ODD', { body: { ...body, reassignUserId: 'PUSER01' } }),
    () => call('PUT', '/incidents/ODD/update', { body: { ...body, title: 'x' } }),
  ];
  answers.set('GET incidents/id', { incident: { ...goodIncident('ODD'), created_at: null, incident_number: '7' } });
  for (const { name, record, isSetAside } of oddIncidents) {
    answers.set('PUT incidents/id', { incident: record });
    for (const act of actions) {
      const { status, body } = await act();
      if (isSetAside === true) {
        // What it was sent for may be done: the incident is looked at, and it is read.
        t.ok(status === 502 || status === 200, `${name}: ${status}`);
        continue;
      }
      t.equal(status, 200, name);
      const { id, assignments, assignedUserId, incident_number: number } = propertiesOf(body);
      t.equal(id, 'ODD');
      t.ok(number === null || typeof number === 'number', name);
      const assignees = list(assignments).map((one) => propertiesOf(propertiesOf(one).assignee).id);
      t.ok(Array.isArray(assignments) && assignees.every((one) => typeof one === 'string'), name);
      t.equal(assignedUserId, assignees[0] ?? null, name);
    }
  }
});

t.test('an incident of unknown status is not acknowledged: that could reopen it', async (t) => {
  const answers = new Map<string, unknown>([
    ['GET users/id', ada],
    ['GET incidents/id', { incident: { ...goodIncident('ODD'), status: null } }],
    ['PUT incidents/id', { incident: goodIncident('ODD') }],
  ]);
  const { call, upstream } = await startBefore(t, answers);
  const refused = await call('PUT', '/action1/incidents/ODD', { body: { userId: 'PUSER01' } });
  t.equal(refused.status, 502);
  t.match(errorOf(refused), { code: /^pagerduty_invalid_response$/, message: /an incident with a status/ });
  t.strictSame(
    upstream.received.filter(({ method }) => method === 'PUT'),
    [],
  );
});

t.test('a dropdown lists what can be read, and what cannot is logged and counted once', async (t) => {
  const answers = new Map<string, unknown>([
    ['GET users', { users: [...oddUsers.map(({ record }) => record), { id: 'AFTER', email: 'a@b.c' }] }],
    ['GET services', { services: [...oddThings.map(({ record }) => record), { id: 'AFTER' }] }],
    ['GET incidents', { incidents: [...oddIncidents.map(({ record }) => record), goodIncident('AFTER')] }],
  ]);
  const { call, log, setAside } = await startBefore(t, answers);
  for (const [path, name] of [
    ['/users', 'users'],
    ['/users?query=x', 'users'],
    ['/services', 'services'],
    ['/incidents', 'incidents'],
  ] as const) {
    const { status, body } = await call('GET', path);
    t.equal(status, 200, path);
    const ids = list(propertiesOf(body)[name]).map((one) => propertiesOf(one).id);
    t.strictSame(ids, name === 'services' ? ['AFTER'] : ['ODD', 'AFTER'], path);
  }
  const lines = log.entries('a record of PagerDuty cannot be read: it is set aside');
  const fields = (record: string) => lines.filter((line) => line.record === record).map(({ field }) => field);
  t.strictSame(fields('user'), ['/', '/id']);
  t.equal(await setAside('user'), 2);
  t.equal(await setAside('service'), 2);
  t.ok(lines.every(({ connection }) => typeof connection === 'string'));
});

t.test('an incident that cannot be read is not told as one that is not there', async (t) => {
  const answers = new Map<string, unknown>();
  const { call } = await startBefore(t, answers);
  const find = () => call('GET', '/action8/incidents?incident_key=disk');
  answers.set('GET incidents', { incidents: [null] });
  t.match(errorOf(await find()), { code: /^pagerduty_invalid_response$/ });
  answers.set('GET incidents', { incidents: [null, { ...goodIncident('ODD'), status: null }, goodIncident('P1')] });
  t.match((await find()).body, { id: 'P1' }, 'the one that is known to be open');
  answers.set('GET incidents', { incidents: [{ id: 'ODD' }] });
  t.match((await find()).body, { id: 'ODD', status: null, assignments: [], assignedUserId: null });
  answers.set('GET incidents', { incidents: [] });
  t.match(errorOf(await find()), { code: /^incident_not_found$/ });
});

t.test('what went into the log comes out of it, however little of it is known', async (t) => {
  for (const { id, serialize } of triggers) {
    const [events = []] = Object.values(serialize([{ id: 'P1' }, { id: 'P2', created_at: '', assignments: [null] }]));
    t.strictSame(
      list(events).map((one) => propertiesOf(one).id),
      ['P1', 'P2'],
      id,
    );
  }
});
