import t from 'tap';
import { ControlClient } from '../../../sandbox/kit/control-client.js';
import { startSandbox } from '../../../sandbox/sandbox.js';

t.test('a whole story is told through it, and its history is read back', async (t) => {
  const sandbox = await startSandbox();
  t.teardown(() => sandbox.close());
  const control = new ControlClient(sandbox.url);
  const [first, second] = await control.trigger({ title: 'The disk is full', count: 2 });
  t.match(first, { number: 1, title: 'The disk is full 1', status: 'triggered', assigneeIds: ['PUSER02'] });
  await control.act(first.id, 'note', { userId: 'PUSER03', content: 'On it' });
  t.equal(await control.tryToAct(first.id, 'resolve'), true);
  t.equal(await control.tryToAct(first.id, 'unacknowledge'), false, 'what its state does not allow is left undone');
  await t.rejects(control.act(first.id, 'unacknowledge'), { message: /Incident is not Acknowledged/ });
  t.strictSame(await control.history(first.id), ['created', 'assigned', 'noted', 'resolved']);
  t.match(await control.incident(first.id), { status: 'resolved' });
  t.strictSame(await control.history(second?.id ?? ''), ['created', 'assigned']);
  const [noted] = (await control.events(4)).filter(({ kind }) => kind === 'noted');
  t.match(noted, { incidentId: first.id, userId: 'PUSER03', noteId: /^P/ });
  t.equal((await control.events(4)).length, 2);
});

t.test('it sees what PagerDuty is asked, and breaks it', async (t) => {
  const sandbox = await startSandbox();
  t.teardown(() => sandbox.close());
  const control = new ControlClient(sandbox.url);
  const [{ key, name } = { key: '', name: '' }] = await control.newKeys(1);
  const get = (path: string) => fetch(sandbox.url + path, { headers: { authorization: `Token token=${key}` } });
  const [incident] = await control.trigger();
  await control.fault({ path: '/users' }, { status: 503 }, { times: 2 });
  const sent = await control.sentDuring(async () => {
    t.equal((await get('/users/PUSER01')).status, 503);
    await control.clearFaults();
    t.equal((await get('/users/PUSER01')).status, 200);
  }, name);
  t.match(sent, [
    { method: 'GET', path: '/users/PUSER01' },
    { method: 'GET', path: '/users/PUSER01' },
  ]);
  t.strictSame(await control.requestCounts(), { 'GET /users/:id': 2 });
  await control.delayLogEntries(1, 60);
  await control.act(incident.id, 'resolve');
  const listed = JSON.stringify(await (await get('/log_entries')).json());
  t.notMatch(listed, 'resolve_log_entry');
  t.match(listed, 'trigger_log_entry');
});
