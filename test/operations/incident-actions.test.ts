import t from 'tap';
import { sandboxCredentials } from '../../sandbox/account/seed-account.js';
import { lines } from '../../sandbox/kit/control-client.js';
import { ManualClock } from '../support/manual-clock.js';
import { type Answer, errorOf, propertiesOf, type RunningService, startService } from '../support/running-service.js';
import { until } from '../support/until.js';

const { eventsV1Keys, eventsV2Keys } = sandboxCredentials;
const grace = { userId: 'PUSER02' };
const lostAnswer = { cut: 'after' };
const lostRequest = { cut: 'before' };

/** The service with one open incident, whose acting user it knows already. */
async function withIncident(t: { teardown(close: () => unknown): void }, pagerDutyClock?: ManualClock) {
  const service = await startService(t, pagerDutyClock === undefined ? {} : { pagerDutyClock });
  const [incident] = await service.control.trigger();
  const [other] = await service.control.trigger();
  await service.call('PUT', `/action2/incidents/${other.id}`, { body: grace });
  const { id } = incident;
  const act = (number: number, body: object = {}) =>
    service.call('PUT', `/action${number}/incidents/${id}`, { body: { ...grace, ...body } });
  return {
    ...service,
    id,
    acknowledge: () => act(1),
    resolve: () => act(2),
    reassign: (reassignUserId: string) => act(3, { reassignUserId }),
    escalate: (policyId: string) => act(5, { policyId }),
    snooze: (duration: unknown) =>
      service.call('POST', `/action4/incidents/${id}/snooze`, { body: { ...grace, duration } }),
    update: (change: object) => service.call('PUT', `/incidents/${id}/update`, { body: { ...grace, ...change } }),
    note: (note: string) => service.call('POST', `/incidents/${id}/notes`, { body: { ...grace, note } }),
  };
}

/** What was answered, and what reached PagerDuty for it. */
async function watch({ control }: Pick<RunningService, 'control'>, work: () => Promise<Answer>) {
  const answers: Answer[] = [];
  const sent = await control.sentDuring(async () => answers.push(await work()));
  const [answer] = answers;
  if (answer === undefined) throw new Error('there was no answer');
  return { ...answer, sent: lines(sent), requests: sent };
}

t.test('an incident is found by its key, whatever its age and however often the key was used', async (t) => {
  const { call, control } = await startService(t);
  const find = (key: string) => call('GET', `/action8/incidents?incident_key=${encodeURIComponent(key)}`);
  const key = 'db-1/disk?a=b&c #1 ü+%';
  const [first] = await control.trigger({ key });
  await control.act(first.id, 'resolve');
  t.match((await find(key)).body, { id: first.id, status: 'resolved', incident_key: key, assignedUserId: null });

  await control.post('/clock/advance', { seconds: 8 * 31 * 24 * 3600 });
  t.match((await find(key)).body, { id: first.id }, 'eight months later');
  const [second] = await control.trigger({ key });
  await control.act(second.id, 'resolve');
  t.match((await find(key)).body, { id: second.id }, 'the newest of two that are resolved');
  const [open] = await control.trigger({ key });
  await control.post('/clock/advance', { seconds: 60 });
  const [elsewhere] = await control.trigger({ key, serviceId: 'PSVCPAY' });
  await control.act(elsewhere.id, 'resolve');
  t.match((await find(key)).body, { id: open.id }, 'the open one before newer ones');

  const unknown = await find('no such key');
  t.equal(unknown.status, 404);
  t.match(errorOf(unknown), { code: /^incident_not_found$/, field: 'incident_key' });
  const sent = await control.sentDuring(async () => {
    for (const path of ['', '?', '?incident_key', '?incident_key=', '?incident_key=%20%0a']) {
      const blank = await call('GET', `/action8/incidents${path}`);
      t.equal(blank.status, 400, path);
      t.match(errorOf(blank), { code: /^invalid_input$/, field: 'incident_key' });
    }
  });
  t.strictSame(sent, [], 'PagerDuty would answer a blank key with every open incident');
});

t.test('a resolved incident is not acknowledged, snoozed, reassigned or escalated, and stays resolved', async (t) => {
  const service = await withIncident(t);
  await service.control.act(service.id, 'resolve', { userId: 'PUSER03' });
  const before = await service.control.history(service.id);
  for (const attempt of [service.acknowledge, () => service.snooze(60)]) {
    const answer = await attempt();
    t.equal(answer.status, 409);
    t.match(errorOf(answer), { code: /^incident_resolved$/, field: 'incidentId' });
  }
  for (const [attempt, code] of [
    [() => service.reassign('PUSER03'), 1001],
    [() => service.escalate('PPOLPAY'), 1006],
    [service.resolve, 1001],
  ] as const) {
    const answer = await attempt();
    t.equal(answer.status, 400);
    t.match(errorOf(answer), { code: /^pagerduty_rejected$/, pagerduty: { status: 400, code } });
  }
  t.strictSame(await service.control.history(service.id), before);
  t.match(await service.control.incident(service.id), { status: 'resolved' });
});

t.test('what PagerDuty refuses is passed on in its words', async (t) => {
  const service = await withIncident(t);
  t.match(await service.acknowledge(), {
    status: 200,
    body: { id: service.id, status: 'acknowledged', assignedUserId: 'PUSER02' },
  });
  const again = await service.acknowledge();
  t.equal(again.status, 400);
  t.match(errorOf(again), {
    code: /^pagerduty_rejected$/,
    message: /^PagerDuty answered 400 \(Incident Already Acknowledged\)/,
    pagerduty: { status: 400, code: 1002, errors: [] },
  });
  const nobody = await service.escalate('PPOLNIL');
  t.match(errorOf(nobody), { message: /Escalation Policy Has No User On Call/, pagerduty: { code: 1015 } });
  t.match(await service.resolve(), { status: 200, body: { status: 'resolved', assignedUserId: null } });
  const resolved = await service.resolve();
  t.match(errorOf(resolved), { message: /Incident Already Resolved/, pagerduty: { code: 1001 } });
});

t.test('a user or a policy that PagerDuty does not have is named by its field', async (t) => {
  const service = await withIncident(t);
  const before = await service.control.history(service.id);
  const user = await service.reassign('PNOBODY');
  t.equal(user.status, 404);
  t.match(errorOf(user), { code: /^unknown_user$/, field: 'reassignUserId', message: /^To user \(reassignUserId\)/ });
  const policy = await service.escalate('PNOPOLICY');
  t.equal(policy.status, 404);
  t.match(errorOf(policy), { code: /^unknown_escalation_policy$/, field: 'policyId', message: /^Escalation policy / });
  t.strictSame(await service.control.history(service.id), before);
  t.match(await service.reassign('PUSER03'), { status: 200, body: { assignedUserId: 'PUSER03' } });
  t.match(await service.escalate('PPOLPAY'), { status: 200, body: { escalation_policy: { id: 'PPOLPAY' } } });
});

t.test('a change whose answer is lost is noticed by looking, and not made twice', async (t) => {
  const service = await withIncident(t);
  const { id, control } = service;
  const fault = () => control.fault({ method: 'PUT' }, lostAnswer);
  for (const [change, status, sent] of [
    [service.acknowledge, 'acknowledged', ['GET', 'PUT', 'GET']],
    [() => service.reassign('PUSER03'), 'triggered', ['PUT', 'GET']],
    [service.resolve, 'resolved', ['PUT', 'GET']],
  ] as const) {
    await fault();
    const answer = await watch(service, change);
    t.match(answer, { status: 200, body: { id, status } });
    t.strictSame(
      answer.sent,
      sent.map((method) => `${method} /incidents/${id}`),
    );
  }
  const history = await control.history(id);
  const counts = ['acknowledged', 'resolved'].map((kind) => history.filter((one) => one === kind).length);
  t.strictSame(counts, [1, 1]);
});

t.test('a change whose request is lost is sent again, once', async (t) => {
  const service = await withIncident(t);
  const { id, control } = service;
  for (const [change, body, sent] of [
    [service.acknowledge, { status: 'acknowledged' }, ['GET', 'PUT', 'GET', 'PUT']],
    [() => service.reassign('PUSER04'), { assignedUserId: 'PUSER04' }, ['PUT', 'GET', 'PUT']],
    [service.resolve, { status: 'resolved' }, ['PUT', 'GET', 'PUT']],
  ] as const) {
    await control.fault({ method: 'PUT' }, lostRequest);
    const answer = await watch(service, change);
    t.match(answer, { status: 200, body });
    t.strictSame(
      answer.sent,
      sent.map((method) => `${method} /incidents/${id}`),
    );
  }

  const [second] = await control.trigger();
  await control.fault({ method: 'PUT' }, lostRequest, { times: 9 });
  const lost = await watch(service, () => service.call('PUT', `/action2/incidents/${second.id}`, { body: grace }));
  t.equal(lost.status, 502);
  t.match(errorOf(lost), { code: /^pagerduty_unreachable$/ });
  t.equal(lost.sent.filter((line) => line.startsWith('PUT')).length, 2, 'not a third time');
});

t.test('a change is not sent again when nobody can look whether it was made', async (t) => {
  const service = await withIncident(t);
  await service.control.fault({ method: 'PUT' }, lostAnswer);
  await service.control.fault({ method: 'GET' }, { status: 500 }, { times: 9 });
  const answer = await watch(service, service.resolve);
  t.equal(answer.status, 502);
  t.match(errorOf(answer), { code: /^pagerduty_unreachable$/ });
  t.equal(answer.sent.filter((line) => line.startsWith('PUT')).length, 1);
});

t.test('an incident that somebody resolves while an acknowledgement is lost is not reopened', async (t) => {
  for (const fault of [lostAnswer, lostRequest]) {
    const clock = new ManualClock();
    const service = await withIncident(t, clock);
    const { id, control } = service;
    // The first look passes, the acknowledgement is lost, and the second look is held up until Alan has resolved.
    await control.fault({ method: 'PUT' }, fault);
    await control.fault({ method: 'GET', path: `/incidents/${id}` }, { delayMs: 1_000 }, { skip: 1 });
    const answering = service.acknowledge();
    await until(() => clock.sleeping === 1);
    await control.act(id, 'resolve', { userId: 'PUSER03' });
    await clock.advance(1_000);
    const answer = await answering;
    t.equal(answer.status, 409, answer.text);
    t.match(errorOf(answer), { code: /^incident_resolved$/, field: 'incidentId' });
    t.match(await control.incident(id), { status: 'resolved' });
    t.equal((await control.history(id)).at(-1), 'resolved', 'nothing came after');
  }
});

t.test('a note, an escalation and a snooze are never sent twice', async (t) => {
  const service = await withIncident(t);
  const { id, control } = service;
  await control.act(id, 'acknowledge', grace);
  for (const [attempt, path] of [
    [() => service.note('Once only'), `POST /incidents/${id}/notes`],
    [() => service.snooze(60), `POST /incidents/${id}/snooze`],
    [() => service.escalate('PPOLPAY'), `PUT /incidents/${id}`],
  ] as const) {
    for (const [fault, code] of [
      [lostRequest, 'pagerduty_unreachable'],
      [lostAnswer, 'pagerduty_unreachable'],
      [{ status: 500 }, 'pagerduty_error'],
      [{ status: 503, handled: true }, 'pagerduty_unavailable'],
      [{ brokenBody: 'truncated' }, 'pagerduty_invalid_response'],
    ] as const) {
      if (path.endsWith('snooze')) await control.act(id, 'acknowledge', grace).catch(() => undefined);
      await control.fault({}, fault, { times: 1 });
      const answer = await watch(service, attempt);
      t.equal(answer.status, 502, answer.text);
      t.match(errorOf(answer), {
        code: new RegExp(`^${code}$`),
        mayHaveBeenDone: true,
        message: / Look at the .+ before you call again\.$/,
      });
      t.strictSame(answer.sent, [path]);
    }
  }
  t.equal((await control.history(id)).filter((kind) => kind === 'noted').length, 3, 'as often as PagerDuty got it');
});

t.test('a refusal of what goes once does not say that it may have been done', async (t) => {
  const service = await withIncident(t);
  for (const status of [400, 403, 404, 429]) {
    await service.control.fault({ method: 'POST' }, { status });
    const answer = await service.note('Refused');
    t.match(answer.status, status);
    t.equal(errorOf(answer).mayHaveBeenDone, undefined);
  }
});

t.test('a snooze is from one second to a week, and acknowledges first what nobody has acknowledged', async (t) => {
  const service = await withIncident(t);
  const { id, control } = service;
  const refused = await control.sentDuring(async () => {
    for (const duration of [0, -1, 604_801, 1.5, 1e300, '60', null, true]) {
      const answer = await service.snooze(duration);
      t.equal(answer.status, 400, JSON.stringify(duration));
      t.match(errorOf(answer), {
        field: 'duration',
        message: /^Snooze \(duration\): expected a whole number from 1 to 604800, got /,
      });
    }
  });
  t.strictSame(refused, []);

  const triggered = await watch(service, () => service.snooze(1));
  t.match(triggered, {
    status: 200,
    body: { status: 'acknowledged', assignedUserId: 'PUSER02', pending_actions: [{ type: 'unacknowledge' }] },
  });
  t.strictSame(triggered.sent, [
    `POST /incidents/${id}/snooze`,
    `GET /incidents/${id}`,
    `PUT /incidents/${id}`,
    `POST /incidents/${id}/snooze`,
  ]);
  const acknowledged = await watch(service, () => service.snooze(604_800));
  t.equal(acknowledged.status, 200);
  t.strictSame(acknowledged.sent, [`POST /incidents/${id}/snooze`]);
  t.strictSame(
    (await control.history(id)).filter((kind) => kind !== 'assigned'),
    ['created', 'acknowledged', 'snoozed', 'snoozed'],
  );
});

t.test('an event goes to the Events API that its key belongs to, which is remembered', async (t) => {
  const service = await startService(t);
  const create = (service_key: string, description = 'CPU hot') =>
    service.call('POST', '/incidents/create', { body: { service_key, description } });
  const v1 = 'POST /generic/2010-04-15/create_event.json';
  for (const [key, first, then] of [
    [eventsV2Keys.PSVCWEB, ['POST /v2/enqueue'], ['POST /v2/enqueue']],
    [eventsV1Keys.PSVCWEB, ['POST /v2/enqueue', v1], [v1]],
  ] as const) {
    for (const expected of [first, then]) {
      const answer = await watch(service, () => create(key));
      t.equal(answer.status, 200, answer.text);
      t.strictSame(answer.sent, expected);
      const { incident_key } = propertiesOf(answer.body);
      t.match(await service.call('GET', `/action8/incidents?incident_key=${incident_key}`), {
        status: 200,
        body: { incident_key, status: 'triggered', summary: /CPU hot/, urgency: 'high' },
      });
    }
  }
  const v1Event = await watch(service, () => create(eventsV1Keys.PSVCPAY, 'The other one'));
  t.match(v1Event.requests.at(-1)?.body, {
    service_key: eventsV1Keys.PSVCPAY,
    event_type: 'trigger',
    incident_key: /^[\w-]{20,}$/,
    description: 'The other one',
  });

  const wrong = 'e'.repeat(32);
  const unknown = await watch(service, () => create(wrong));
  t.equal(unknown.status, 400);
  t.match(errorOf(unknown), { code: /^unknown_integration_key$/, field: 'service_key' });
  t.notOk(unknown.text.includes(wrong));
  t.strictSame(unknown.sent, ['POST /v2/enqueue', v1]);
});

t.test('a description has up to 1024 characters, and a key 32', async (t) => {
  const service = await startService(t);
  const service_key: string = eventsV2Keys.PSVCWEB;
  const create = (body: object) =>
    service.call('POST', '/incidents/create', { body: { service_key, description: 'x', ...body } });
  t.equal((await create({ description: 'x'.repeat(1024) })).status, 200);
  const sent = await service.control.sentDuring(async () => {
    const long = await create({ description: 'x'.repeat(1025) });
    t.equal(long.status, 400);
    t.match(errorOf(long), { field: 'description', message: /1024 characters.+got a text of 1025 characters/ });
    for (const key of ['e'.repeat(31), 'e'.repeat(33), `${'e'.repeat(31)} `, `${'e'.repeat(31)}ü`]) {
      const answer = await create({ service_key: key });
      t.equal(answer.status, 400);
      t.match(errorOf(answer), { field: 'service_key' });
      t.notOk(answer.text.includes(key));
    }
  });
  t.strictSame(sent, []);
});

t.test('an event whose answer is lost is sent again under the same key, and makes one incident', async (t) => {
  const service = await startService(t);
  for (const [service_key, keyName] of [
    [eventsV2Keys.PSVCWEB, 'dedup_key'],
    [eventsV1Keys.PSVCWEB, 'incident_key'],
  ] as const) {
    const create = (description: string) =>
      service.call('POST', '/incidents/create', { body: { service_key, description } });
    await create('Which version the key is of is known from now on');
    await service.control.fault({ key: service_key }, lostAnswer);
    const answer = await watch(service, () => create(`Once, by ${keyName}`));
    t.equal(answer.status, 200);
    t.equal(answer.requests.length, 2);
    t.strictSame(answer.requests[0]?.body, answer.requests[1]?.body);
    const made = (await service.control.incidents()).filter(({ title }) => title === `Once, by ${keyName}`);
    t.equal(made.length, 1);
    const other = await watch(service, () => create('Another'));
    t.notSame(other.requests[0]?.body, answer.requests[0]?.body, 'another event has another key');
  }
});

t.test('somebody else’s acknowledgement is not taken for the one that was lost', async (t) => {
  const service = await withIncident(t);
  await service.control.act(service.id, 'acknowledge', { userId: 'PUSER03' });
  await service.control.fault({ method: 'PUT' }, lostRequest);
  t.match(await service.acknowledge(), { status: 200, body: { assignedUserId: 'PUSER02' } });
});

t.test('a change that is answered unreadably is noticed by looking', async (t) => {
  for (const brokenBody of ['truncated', 'not-json', 'empty']) {
    const service = await withIncident(t);
    await service.control.fault({ method: 'PUT' }, { brokenBody });
    t.match(await service.acknowledge(), { status: 200, body: { status: 'acknowledged' } }, brokenBody);
    await service.control.fault({ method: 'PUT' }, { brokenBody });
    t.match(await service.resolve(), { status: 200, body: { status: 'resolved' } }, brokenBody);
  }
});

t.test('a change is not sent again before the time that PagerDuty names', async (t) => {
  const service = await withIncident(t);
  await service.control.fault({ method: 'PUT' }, { status: 503, headers: { 'retry-after': '60' } });
  const { status, sent } = await watch(service, service.resolve);
  t.equal(status, 502);
  t.equal(sent.filter((line) => line.startsWith('PUT')).length, 1);
});

t.test('the error of a call that goes once advises one thing', async (t) => {
  const service = await withIncident(t);
  await service.control.fault({ method: 'POST', path: '~/notes$' }, { status: 500 });
  const answer = await service.note('hello');
  t.match(errorOf(answer), { mayHaveBeenDone: true, message: /^PagerDuty answered 500\. The action may have been/ });
  t.notMatch(answer.text, /[Tt]ry again/);
});

t.test('an update changes what is given and nothing else', async (t) => {
  const service = await withIncident(t);
  const { id, control } = service;
  for (const [change, after, told] of [
    [{ title: 'A new title' }, { title: 'A new title', urgency: 'high', priority: null }, 'title-changed'],
    [{ urgency: 'low' }, { title: 'A new title', urgency: 'low', priority: null }, 'urgency-changed'],
    [{ priorityId: 'PPRIO01' }, { urgency: 'low', priority: { id: 'PPRIO01' } }, 'priority-changed'],
    [{ escalationLevel: 2 }, { urgency: 'low', assignedUserId: 'PUSER01' }, 'assigned'],
  ] as const) {
    const answer = await watch(service, () => service.update(change));
    t.match(answer, { status: 200, body: { id, ...after } });
    t.strictSame(answer.sent, [`PUT /incidents/${id}`]);
    t.ok((await control.history(id)).slice(-2).includes(told), told);
  }
});

t.test('an update whose answer is lost is looked for, but for an escalation, which goes once', async (t) => {
  const service = await withIncident(t);
  const { id, control } = service;
  const request = `PUT /incidents/${id}`;
  const look = `GET /incidents/${id}`;
  for (const [change, fault, sent] of [
    [{ title: 'One' }, lostAnswer, [request, look]],
    [{ title: 'Two' }, lostRequest, [request, look, request]],
    [{ urgency: 'low' }, lostAnswer, [request, look]],
    [{ priorityId: 'PPRIO01', title: 'Two' }, lostAnswer, [request, look]],
    [{ priorityId: 'PPRIO02' }, lostRequest, [request, look, request]],
  ] as const) {
    await control.fault({ method: 'PUT' }, fault);
    const answer = await watch(service, () => service.update(change));
    t.equal(answer.status, 200, answer.text);
    t.strictSame(answer.sent, sent);
  }
  await control.fault({ method: 'PUT' }, lostAnswer);
  const escalated = await watch(service, () => service.update({ escalationLevel: 2, title: 'Three' }));
  t.match(errorOf(escalated), { code: /^pagerduty_unreachable$/, mayHaveBeenDone: true, message: /timeline/ });
  t.strictSame(escalated.sent, [request]);
});

t.test(
  'a level that the policy does not have is refused in PagerDuty’s words, and one that no policy has by us',
  async (t) => {
    const service = await withIncident(t);
    const tooHigh = await service.update({ escalationLevel: 9 });
    t.equal(tooHigh.status, 400);
    t.equal(errorOf(tooHigh).code, 'pagerduty_rejected');
    for (const escalationLevel of [0, 101, 1.5, '1']) {
      const answer = await watch(service, () => service.update({ escalationLevel }));
      t.match(errorOf(answer), { field: 'escalationLevel', message: /expected a whole number from 1 to 100/ });
      t.strictSame(answer.sent, []);
    }
  },
);

t.test('a merge resolves the sources for the target, and is never sent twice', async (t) => {
  const service = await withIncident(t);
  const { id, control } = service;
  const sources = await control.trigger({ count: 2 });
  const merge = (ids: readonly string[]) =>
    service.call('PUT', `/incidents/${id}/merge`, {
      body: { ...grace, sourceIncidents: ids.map((incidentId) => ({ incidentId })) },
    });
  const ids = sources.map((source) => source.id);
  await control.fault({ method: 'PUT' }, lostAnswer);
  const lost = await watch(service, () => merge(ids));
  t.equal(lost.status, 502);
  t.match(errorOf(lost), {
    code: /^pagerduty_unreachable$/,
    mayHaveBeenDone: true,
    message: /Look at the incidents before/,
  });
  t.strictSame(lost.sent, [`PUT /incidents/${id}/merge`]);
  for (const source of ids) t.match(await control.incident(source), { status: 'resolved' });
  t.match(await control.incident(id), { status: 'triggered' });
  const again = await merge(ids);
  t.equal(again.status, 400);
  t.match(errorOf(again), { code: /^pagerduty_rejected$/, pagerduty: { code: 1019 } });
  const itself = await merge([id]);
  t.equal(itself.status, 400);
  t.equal(errorOf(itself).code, 'pagerduty_rejected');
});
