import t from 'tap';
import { Account } from '../../sandbox/account/account.js';
import { addNote } from '../../sandbox/account/annotate.js';
import { escalate, reassign } from '../../sandbox/account/assignment.js';
import { acknowledge, resolve, snooze } from '../../sandbox/account/lifecycle.js';
import { merge } from '../../sandbox/account/merge.js';
import { openIncident } from '../../sandbox/account/open-incident.js';
import { type MonitoringEvent, receiveEvent } from '../../sandbox/account/receive-event.js';
import type { Agent, Incident, Integration } from '../../sandbox/account/records.js';
import { settle } from '../../sandbox/account/settle.js';
import { planUpdate } from '../../sandbox/account/update-incident.js';
import { ManualClock } from '../support/manual-clock.js';

const ada: Agent = { kind: 'user', id: 'PUSER01' };
const alan: Agent = { kind: 'user', id: 'PUSER03' };

function build() {
  const clock = new ManualClock();
  const account = new Account(clock, 1);
  const trigger = (title = 'Disk full', serviceId = 'PSVCWEB') =>
    openIncident(account, {
      serviceId,
      title,
      urgency: 'high',
      agent: { kind: 'service', id: serviceId },
      channel: { type: 'web_trigger' },
    });
  const pass = async (seconds: number) => {
    await clock.advance(seconds * 1000);
    settle(account);
  };
  return { account, trigger, pass };
}

function assignees(incident: Incident): string[] {
  return incident.assignments.map((one) => one.userId);
}

function kinds(incident: Incident): string[] {
  return incident.entries.map((entry) => entry.kind);
}

function integration(account: Account, serviceId: string): Integration {
  const found = account.directory.integrations.find((one) => one.serviceId === serviceId && one.apiVersion === 2);
  if (found === undefined) throw new Error(`no integration for ${serviceId}`);
  return found;
}

function event(action: MonitoringEvent['action'], key: string | null): MonitoringEvent {
  return { action, key, summary: 'CPU hot', severity: 'error', details: {}, contexts: [] };
}

t.test('opening an incident assigns whoever is on call and says so in the log', async (t) => {
  const { account, trigger } = build();
  const incident = trigger();
  t.strictSame(assignees(incident), ['PUSER02'], 'the platform rotation');
  t.strictSame(kinds(incident), ['trigger', 'assign']);
  t.strictSame(assignees(trigger('Two at once', 'PSVCPAY')), ['PUSER03', 'PUSER04']);
  t.throws(() => trigger('Nobody', 'PSVCBAT'), { code: 1015, statusCode: 400 }, 'nobody on call');
  t.equal(account.incidents.length, 2);
});

t.test('acknowledging assigns the incident to the acting user', async (t) => {
  const { account, trigger } = build();
  const incident = trigger();
  acknowledge(account, incident, ada);
  t.equal(incident.status, 'acknowledged');
  t.strictSame(assignees(incident), ['PUSER01']);
  t.strictSame(kinds(incident), ['trigger', 'assign', 'acknowledge', 'assign']);
  t.throws(() => acknowledge(account, incident, ada), { code: 1002 }, 'not twice by the same person');
  acknowledge(account, incident, alan);
  t.equal(incident.acknowledgements.length, 2);

  const shared = trigger('Two at once', 'PSVCPAY');
  acknowledge(account, shared, alan);
  t.strictSame(assignees(shared), ['PUSER03'], 'one of two keeps it');
  t.strictSame(kinds(shared), ['trigger', 'assign', 'acknowledge'], 'and was not newly assigned');
});

t.test('resolving ends assignments and acknowledgements, acknowledging a resolved incident reopens it', async (t) => {
  const { account, trigger } = build();
  const incident = trigger();
  acknowledge(account, incident, ada);
  resolve(account, incident, ada, { resolution: 'Bought a bigger disk' });
  t.strictSame([incident.assignments, incident.acknowledgements, incident.pending], [[], [], []]);
  t.equal(incident.notes[0]?.content, 'Bought a bigger disk', 'the resolution is a note');
  t.throws(() => resolve(account, incident, ada), { code: 1001 });
  const unanswered = trigger('Unanswered');
  t.equal(unanswered.pending.length, 1, 'it would escalate');
  resolve(account, unanswered, ada);
  t.strictSame(unanswered.pending, [], 'and now does not');
  t.equal(account.open.size, 0);

  acknowledge(account, incident, alan);
  t.equal(incident.status, 'acknowledged');
  t.equal(incident.resolvedAtMs, null);
  t.strictSame(assignees(incident), ['PUSER03']);
  t.strictSame(kinds(incident).slice(-2), ['acknowledge', 'assign']);
  t.equal(account.open.size, 1);
});

t.test('snoozing needs an acknowledged incident and ends with a trigger dated when it fell due', async (t) => {
  const { account, trigger, pass } = build();
  const incident = trigger();
  t.throws(() => snooze(account, incident, 60, ada), { code: 1012 });
  acknowledge(account, incident, ada);
  t.throws(() => snooze(account, incident, 0, ada), { code: 1013 });
  t.throws(() => snooze(account, incident, 604_801, ada), { code: 1013 });
  snooze(account, incident, 60, ada);
  const dueMs = account.now() + 60_000;
  t.strictSame(
    incident.pending.map((action) => [action.kind, action.atMs]),
    [['unacknowledge', dueMs]],
  );
  await pass(59);
  t.equal(incident.status, 'acknowledged');
  await pass(3600);
  t.equal(incident.status, 'triggered');
  t.strictSame(incident.acknowledgements, []);
  t.equal(incident.entries.at(-1)?.kind, 'unacknowledge');
  t.equal(incident.entries.at(-1)?.atMs, dueMs);
});

t.test('timeouts fall due in time order, each dated by its own time', async (t) => {
  const { account, trigger, pass } = build();
  const web = account.directory.services.find((one) => one.id === 'PSVCWEB');
  if (web === undefined) throw new Error('no web shop');
  web.acknowledgementTimeout = 600;
  web.autoResolveTimeout = 3600;
  const first = trigger('first');
  const second = trigger('second');
  acknowledge(account, second, ada);
  await pass(60);
  acknowledge(account, first, ada);
  const startMs = first.createdAtMs;
  await pass(7200);
  const happened = account.history
    .filter((item) => item.kind === 'unacknowledged' || item.kind === 'resolved')
    .map((item) => [item.kind, item.incidentNumber, (item.atMs - startMs) / 1000]);
  t.strictSame(happened, [
    ['unacknowledged', 2, 600],
    ['unacknowledged', 1, 660],
    ['resolved', 1, 3600],
    ['resolved', 2, 3600],
  ]);
  const times = account.log.page({ nowMs: account.now(), offset: 0, limit: 100, count: false }).entries;
  t.ok(times.every((entry, index) => index === 0 || entry.atMs <= (times[index - 1]?.atMs ?? 0)));
});

t.test('an unanswered incident climbs its policy, repeats it and then exhausts it', async (t) => {
  const { account, trigger, pass } = build();
  const policy = account.directory.policies.find((one) => one.id === 'PPOLTWO');
  if (policy === undefined) throw new Error('no policy');
  policy.loops = 1;
  for (const level of policy.levels) level.delayMinutes = 5;
  const incident = trigger();
  await pass(300);
  t.strictSame(assignees(incident), ['PUSER01'], 'level two');
  await pass(300);
  t.strictSame(assignees(incident), ['PUSER02'], 'from the start');
  await pass(86_400);
  t.strictSame(kinds(incident).slice(2), [
    'escalate',
    'repeat_escalation_path',
    'escalate',
    'escalate',
    'exhaust_escalation_path',
  ]);
});

t.test('reassigning and escalating by hand', async (t) => {
  const { account, trigger } = build();
  const incident = trigger();
  t.throws(() => reassign(account, incident, ['PNOBODY'], ada), { code: 1007 });
  t.throws(() => reassign(account, incident, [], ada), { code: 1011 });
  acknowledge(account, incident, ada);
  reassign(account, incident, ['PUSER03', 'PUSER04'], ada);
  t.equal(incident.assignedVia, 'direct_assignment');
  t.equal(incident.status, 'triggered', 'the acknowledgement of somebody no longer assigned lapses');
  escalate(account, incident, 'PPOLTWO', 1, ada);
  t.strictSame(assignees(incident), ['PUSER01']);
  t.throws(() => escalate(account, incident, 'PPOLTWO', 2, ada), { code: 1006 });
  t.throws(() => escalate(account, incident, 'PPOLNIL', null, ada), { code: 1015 });
  t.throws(() => escalate(account, incident, 'PNOPE', null, ada), { code: 1014 });
  resolve(account, incident, ada);
  t.throws(() => escalate(account, incident, 'PPOLTWO', null, ada), { code: 1006 });
});

t.test('a merge resolves its sources with a reason and moves their alerts', async (t) => {
  const { account, trigger } = build();
  const target = trigger('target');
  receiveEvent(account, integration(account, 'PSVCWEB'), event('trigger', 'cpu'));
  const source = account.openIncidentByKey('PSVCWEB', 'cpu');
  if (source === undefined) throw new Error('no source');
  t.throws(() => merge(account, target, [target], ada), { code: 2001 });
  merge(account, target, [source], ada);
  t.equal(source.status, 'resolved');
  t.equal(source.mergedInto, target);
  t.equal(target.alerts.length, 1);
  t.throws(() => merge(account, target, [source], ada), { code: 1019 });
  receiveEvent(account, integration(account, 'PSVCWEB'), event('resolve', 'cpu'));
  t.equal(target.status, 'resolved', 'the alert now belongs to the target, and was its only one');
});

t.test('events de-duplicate on their key until the incident is resolved', async (t) => {
  const { account } = build();
  const web = integration(account, 'PSVCWEB');
  t.equal(receiveEvent(account, web, event('trigger', 'cpu')), 'cpu');
  receiveEvent(account, web, event('trigger', 'cpu'));
  t.equal(account.incidents.length, 1);
  const [incident] = account.incidents;
  t.strictSame(incident && kinds(incident), ['trigger', 'assign', 'trigger']);
  receiveEvent(account, web, event('acknowledge', 'cpu'));
  t.strictSame(incident?.acknowledgements[0]?.agent, { kind: 'service', id: 'PSVCWEB' });
  t.strictSame(incident && assignees(incident), ['PUSER02'], 'a service is not assigned');
  receiveEvent(account, web, event('resolve', 'cpu'));
  t.equal(incident?.status, 'resolved');
  receiveEvent(account, web, event('trigger', 'cpu'));
  t.equal(account.incidents.length, 2, 'the key is free again');
  t.equal([...account.incidentsByKey('cpu')].length, 2);
  receiveEvent(account, web, event('resolve', 'unknown'));
  receiveEvent(account, integration(account, 'PSVCBAT'), event('trigger', 'night'));
  t.equal(account.incidents.length, 2, 'nobody on call: no incident');
  t.match(receiveEvent(account, web, event('trigger', null)), /^[0-9a-f]{32}$/, 'a key is made up');
});

t.test('a change of several fields is checked whole before any of it happens', async (t) => {
  const { account, trigger } = build();
  const incident = trigger();
  const change = { title: 'New', priorityId: 'PPRIO01', urgency: 'low', status: 'acknowledged' } as const;
  t.throws(() => planUpdate(account, incident, { ...change, assigneeIds: ['PNOBODY'] }, ada), { code: 1007 });
  t.throws(() => planUpdate(account, incident, { ...change, priorityId: 'PNOPE' }, ada), { code: 1020 });
  t.equal(incident.title, 'Disk full');
  planUpdate(account, incident, change, ada)();
  t.match(incident, { title: 'New', priorityId: 'PPRIO01', urgency: 'low', status: 'acknowledged' });
  t.strictSame(kinds(incident).slice(2, 5), ['field_value_change', 'urgency_change', 'priority_change']);
});

t.test('an incident takes 2000 notes', async (t) => {
  const { account, trigger } = build();
  const incident = trigger();
  for (let n = 0; n < 2000; n += 1) addNote(account, incident, 'PUSER01', `note ${n}`);
  t.throws(() => addNote(account, incident, 'PUSER01', 'one more'), { code: 2019 });
});

t.test('the history tells who was assigned by which entry, and whether it was news', async (t) => {
  const { account, trigger } = build();
  const incident = trigger();
  reassign(account, incident, ['PUSER02', 'PUSER03'], ada);
  const assigned = account.history.filter((item) => item.kind === 'assigned');
  t.strictSame(
    assigned.map((item) => [item.userId, item.wasAssigned]),
    [
      ['PUSER02', false],
      ['PUSER02', true],
      ['PUSER03', false],
    ],
  );
  t.ok(assigned.every((item) => item.logEntryId !== null && account.log.get(item.logEntryId)?.kind === 'assign'));
});

t.test('the same seed gives the same ids, and a reset does not repeat them', async (t) => {
  const one = build();
  const other = build();
  t.equal(one.trigger().id, other.trigger().id);
  const before = one.account.incidents[0]?.id;
  one.account.reset();
  t.equal(one.account.incidents.length, 0);
  t.not(one.trigger().id, before);
});
