import t from 'tap';
import { lines } from '../../sandbox/kit/control-client.js';
import { type Answer, errorOf, propertiesOf, startService } from '../support/running-service.js';

const wanted = { userId: 'PUSER02', title: 'The disk is full' };
const keyed = { ...wanted, incident_key: 'db-1/disk' };

/** The service, with ways to create incidents on the web shop and to see what reached PagerDuty for it. */
async function build(t: { teardown(close: () => unknown): void }) {
  const service = await startService(t);
  const { call, control } = service;
  const create = (body: object, serviceId = 'PSVCWEB') => call('POST', `/services/${serviceId}/incidents`, { body });
  // The acting user is made known, so that only what creates is seen.
  await create({ ...wanted, title: 'Warm' }, 'PSVCPAY');
  return {
    ...service,
    create,
    async watch(work: () => Promise<Answer>) {
      const answers: Answer[] = [];
      const sent = await control.sentDuring(async () => answers.push(await work()));
      const [answer] = answers;
      if (answer === undefined) throw new Error('there was no answer');
      return { ...answer, sent: lines(sent) };
    },
    /** The titles of the web shop's incidents. */
    async titles() {
      return (await control.incidents()).map(({ title }) => title).filter((title) => title !== 'Warm');
    },
  };
}

const post = 'POST /incidents';
const search = 'GET /incidents';

t.test(
  'an alert lives its life as a webhook configuration has it: create, keep the id, acknowledge, resolve',
  async (t) => {
    const { call, control } = await startService(t);
    const title = 'Alert TRIGGER for high load CPU on web-1 at 09:00 (2026-01-05) on application Shop. https://a.b/c';
    const created = await call('POST', '/services/PSVCWEB/incidents', { body: { userId: 'PUSER02', title } });
    t.match(created, {
      status: 200,
      body: { type: 'incident', status: 'triggered', title, service: { id: 'PSVCWEB' }, assignedUserId: 'PUSER02' },
    });
    const { id } = propertiesOf(created.body);
    const body = { userId: 'PUSER02' };
    t.match(await call('PUT', `/action1/incidents/${id}`, { body }), {
      status: 200,
      body: { id, status: 'acknowledged' },
    });
    t.match(await call('PUT', `/action2/incidents/${id}`, { body }), { status: 200, body: { id, status: 'resolved' } });
    t.strictSame(
      (await control.history(String(id))).filter((kind) => kind !== 'assigned'),
      ['created', 'acknowledged', 'resolved'],
    );
  },
);

t.test(
  'an incident may have a priority, an urgency, details, a key, and a policy or an assignee of its own',
  async (t) => {
    const { create } = await build(t);
    t.match(
      await create({
        ...keyed,
        details: 'Since noon.',
        urgency: 'low',
        priorityId: 'PPRIO01',
        policyId: 'PPOLPAY',
      }),
      {
        status: 200,
        body: {
          incident_key: 'db-1/disk',
          urgency: 'low',
          priority: { id: 'PPRIO01', summary: 'P1' },
          body: { type: 'incident_body', details: 'Since noon.' },
          escalation_policy: { id: 'PPOLPAY' },
          assignedUserId: 'PUSER03',
        },
      },
    );
    t.match(await create({ ...wanted, assigneeId: 'PUSER04' }), { status: 200, body: { assignedUserId: 'PUSER04' } });
  },
);

t.test('a policy and an assignee exclude each other, and nothing is sent', async (t) => {
  const { create, watch } = await build(t);
  const answer = await watch(() => create({ ...wanted, policyId: 'PPOLPAY', assigneeId: 'PUSER04' }));
  t.equal(answer.status, 400);
  t.match(errorOf(answer), {
    field: 'assigneeId',
    message: /only where policyId is left out, got a text of 7 characters\.$/,
  });
  t.strictSame(answer.sent, []);
});

t.test('a service, priority, policy or user that PagerDuty does not have is named by its field', async (t) => {
  const { create, titles, control } = await build(t);
  for (const [body, serviceId, code, field] of [
    [wanted, 'PNOSUCH', 'unknown_service', 'serviceId'],
    [{ ...wanted, priorityId: 'PNOSUCH' }, 'PSVCWEB', 'unknown_priority', 'priorityId'],
    [{ ...wanted, policyId: 'PNOSUCH' }, 'PSVCWEB', 'unknown_escalation_policy', 'policyId'],
    [{ ...wanted, assigneeId: 'PNOSUCH' }, 'PSVCWEB', 'unknown_user', 'assigneeId'],
    [{ ...wanted, userId: 'PNOSUCH' }, 'PSVCWEB', 'unknown_user', 'userId'],
    [{ ...keyed, priorityId: 'PNOSUCH' }, 'PSVCWEB', 'unknown_priority', 'priorityId'],
    [keyed, 'PNOSUCH', 'unknown_service', 'serviceId'],
  ] as const) {
    const answer = await create(body, serviceId);
    t.equal(answer.status, 404, answer.text);
    t.match(errorOf(answer), {
      code: new RegExp(`^${code}$`),
      field,
      message: new RegExp(`\\(${field}\\): expected an id from this PagerDuty`),
    });
  }
  await control.fault(
    { method: 'POST' },
    { status: 404, body: { error: { message: 'Not Found', code: 2100, errors: [] } } },
  );
  t.match(errorOf(await create(wanted)), { code: /^unknown_service$/ });
  const nobody = await create(wanted, 'PSVCBAT');
  t.match(errorOf(nobody), { code: /^pagerduty_rejected$/, message: /Has No User On Call/, pagerduty: { code: 1015 } });
  t.strictSame(await titles(), []);
});

t.test('a key that an open incident has is a 409 that names the incident, until it is resolved', async (t) => {
  const { create, watch, titles, call, control } = await build(t);
  const first = propertiesOf((await create(keyed)).body);
  const again = await watch(() => create({ ...keyed, title: 'Once more' }));
  t.equal(again.status, 409);
  t.match(errorOf(again), {
    code: /^incident_key_in_use$/,
    field: 'incident_key',
    incidentId: first.id,
    message: `Incident Key (incident_key): expected a key that no open incident of the service has, got the key of incident ${first.id}. Nothing was created: work with that incident, or resolve it first.`,
  });
  t.equal(errorOf(again).mayHaveBeenDone, undefined);
  t.strictSame(again.sent, [post, search]);

  await control.fault({ method: 'GET' }, { status: 403 });
  const blind = errorOf(await create(keyed));
  t.match(blind, { code: /^incident_key_in_use$/, message: /got the key of one that is open\. Nothing was created/ });
  t.notOk('incidentId' in blind);

  t.equal(
    (await create({ ...keyed, title: 'Elsewhere' }, 'PSVCPAY')).status,
    200,
    'another service has keys of its own',
  );
  await call('PUT', `/action2/incidents/${first.id}`, { body: { userId: 'PUSER02' } });
  t.equal((await create({ ...keyed, title: 'Next' })).status, 200);
  t.strictSame(await titles(), ['The disk is full', 'Elsewhere', 'Next']);
});

t.test('an incident with a key whose answer is lost is looked for, and not created twice', async (t) => {
  for (const fault of [{ cut: 'after' }, { status: 500, handled: true }, { brokenBody: 'truncated' }]) {
    const { create, watch, titles, control } = await build(t);
    await control.fault({ method: 'POST' }, fault);
    const answer = await watch(() => create(keyed));
    t.match(answer, { status: 200, body: { title: 'The disk is full', incident_key: 'db-1/disk' } });
    t.strictSame(answer.sent, [post, search]);
    t.strictSame(await titles(), ['The disk is full']);
  }
});

t.test('an incident with a key whose request is lost is sent again, once', async (t) => {
  const { create, watch, titles, control } = await build(t);
  await control.fault({ method: 'POST' }, { cut: 'before' });
  const answer = await watch(() => create(keyed));
  t.match(answer, { status: 200, body: { title: 'The disk is full' } });
  t.strictSame(answer.sent, [post, search, post]);
  await control.fault({ method: 'POST' }, { cut: 'before' }, { times: 9 });
  const lost = await watch(() => create({ ...keyed, incident_key: 'other' }));
  t.equal(lost.status, 502);
  t.match(errorOf(lost), { code: /^pagerduty_unreachable$/, mayHaveBeenDone: true });
  t.strictSame(lost.sent, [post, search, post], 'not a third time');
  t.strictSame(await titles(), ['The disk is full']);
});

t.test('a first attempt that arrives after it was looked for is found by the refusal of the second', async (t) => {
  const { create, watch, titles, control } = await build(t);
  const late = async () => {
    await control.fault({ method: 'POST' }, { cut: 'after' });
    await control.fault({ method: 'GET' }, { status: 200, body: { incidents: [], more: false } });
  };
  await late();
  const answer = await watch(() => create(keyed));
  t.match(answer, { status: 200, body: { title: 'The disk is full' } });
  t.strictSame(answer.sent, [post, search, post, search]);
  t.strictSame(await titles(), ['The disk is full']);
  await late();
  const other = await create({ ...keyed, title: 'Another' });
  t.match(errorOf(other), { code: /^incident_key_in_use$/ });
});

t.test('somebody else’s incident, or an older one, is not taken for the one whose answer was lost', async (t) => {
  for (const [title, ageSeconds] of [
    ['The tape is full', 0],
    ['The disk is full', 121],
  ] as const) {
    const { create, titles, control } = await build(t);
    const [other] = await control.trigger({ title, key: keyed.incident_key });
    await control.post('/clock/advance', { seconds: ageSeconds });
    for (const fault of [{ cut: 'before' }, { cut: 'after' }]) {
      await control.fault({ method: 'POST' }, fault);
      const answer = await create(keyed);
      t.equal(answer.status, 409, answer.text);
      t.match(errorOf(answer), { code: /^incident_key_in_use$/, incidentId: other.id });
    }
    t.strictSame(await titles(), [title]);
  }
});

t.test('an incident of another service is not taken for the one whose answer was lost', async (t) => {
  const { create, control } = await build(t);
  await create(keyed, 'PSVCPAY');
  await control.fault({ method: 'POST' }, { cut: 'before' });
  t.match(await create(keyed), { status: 200, body: { service: { id: 'PSVCWEB' } } });
});

t.test('an error with the code of a key in use, but other words, is PagerDuty’s to explain', async (t) => {
  const { create, watch, control } = await build(t);
  const error = { message: 'Arguments Caused Error', code: 2002, errors: ['Title is odd'] };
  for (const body of [wanted, keyed]) {
    await control.fault({ method: 'POST' }, { status: 400, body: { error } });
    const answer = await watch(() => create(body));
    t.equal(answer.status, 400);
    t.match(errorOf(answer), { code: /^pagerduty_rejected$/, message: /Title is odd/, pagerduty: { code: 2002 } });
    t.strictSame(answer.sent, [post]);
  }
});

t.test('nothing is sent again when nobody can look, or before the time that PagerDuty names', async (t) => {
  const { create, watch, control } = await build(t);
  await control.fault({ method: 'POST' }, { cut: 'after' });
  await control.fault({ method: 'GET' }, { status: 500 }, { times: 3 });
  const blind = await watch(() => create(keyed));
  t.equal(blind.status, 502);
  t.match(errorOf(blind), {
    code: /^pagerduty_unreachable$/,
    mayHaveBeenDone: true,
    message: /Look at the open incidents/,
  });
  t.equal(blind.sent.filter((line) => line === post).length, 1);
  await control.fault({ method: 'POST' }, { status: 503, headers: { 'retry-after': '60' } });
  const waiting = await watch(() => create({ ...keyed, incident_key: 'other' }));
  t.match(errorOf(waiting), { code: /^pagerduty_unavailable$/, mayHaveBeenDone: true });
  t.strictSame(waiting.sent, [post]);
});
