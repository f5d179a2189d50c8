import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { ControlClient } from '../../sandbox/kit/control-client.js';
import { type RunningSandbox, startSandbox } from '../../sandbox/sandbox.js';
import { freePort } from '../support/free-port.js';
import { ServiceProcess } from '../support/service-process.js';
import { until } from '../support/until.js';
import { WorkflowHost } from './workflow-host.js';

// Each test starts processes and then waits for polls: side by side, and with time enough for a busy machine.
t.setTimeout(300_000);
t.jobs = 4;

const connectionId =
  '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/on-call/providers/Microsoft.Web/connections/pagerduty';

/** The sandbox, and the service as a process before it that can be killed and started again. */
async function start(t: { teardown(close: () => unknown): void }) {
  const dataDir = await mkdtemp(join(tmpdir(), 'connector-workflows-'));
  t.teardown(() => rm(dataDir, { recursive: true, force: true }));
  const sandbox = await startSandbox();
  t.teardown(() => sandbox.close());
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const environment = {
    PORT: String(port),
    DATA_DIR: dataDir,
    PAGERDUTY_API_URL: sandbox.url,
    PAGERDUTY_EVENTS_URL: sandbox.url,
    TRIGGER_POLL_SECONDS: '1',
  };
  let service = new ServiceProcess(t, environment);
  const stop = new AbortController();
  const playing: Promise<void>[] = [];
  t.teardown(async () => {
    stop.abort();
    await Promise.all(playing);
  });
  await service.ready(url);
  return {
    sandbox,
    control: new ControlClient(sandbox.url),
    /** Plays a saved workflow from now on; gives its host once it is registered. */
    async play(name: string, parameters: Readonly<Record<string, unknown>> = {}): Promise<WorkflowHost> {
      const saved: unknown = JSON.parse(await readFile(new URL(`workflows/${name}.json`, import.meta.url), 'utf8'));
      const connection = { url, key: sandbox.credentials.accountKey };
      const host = new WorkflowHost(saved, parameters, new Map([[connectionId, connection]]));
      playing.push(host.play(stop.signal));
      await polls(host, 1);
      return host;
    },
    /** Kills the service, and starts it again with the same data after something has happened. */
    async restart(meanwhile: () => Promise<unknown>): Promise<void> {
      await service.end('SIGKILL');
      await meanwhile();
      service = new ServiceProcess(t, environment);
      await service.ready(url);
    },
  };
}

/** Waits until a host has polled so many times more. @throws {Error} if it has failed */
async function polls(host: WorkflowHost, count: number): Promise<void> {
  const enough = host.polled.length + count;
  await until(() => reached(host, host.polled.length >= enough), `poll ${enough} of a flow`);
}

/** Waits until so many runs have ended. */
async function runs(host: WorkflowHost, count: number): Promise<void> {
  await until(() => reached(host, host.runs.length >= count), `run ${count} of a flow`);
}

function reached({ failures }: WorkflowHost, isThere: boolean): boolean {
  if (failures.length > 0) throw new Error(failures.join('; '));
  return isThere;
}

/** What has truly happened to each incident, oldest first. */
async function story(control: ControlClient): Promise<string[][]> {
  const incidents = await control.incidents();
  return Promise.all(incidents.map(({ id }) => control.history(id)));
}

function notesOf({ account }: RunningSandbox): string[] {
  return account.incidents.flatMap(({ notes }) => notes.map(({ userId, content }) => `${userId}: ${content}`));
}

t.test('incident created: its user is looked up, a note is added, and it is acknowledged', async (t) => {
  const { control, play, restart, sandbox } = await start(t);
  await control.trigger({ title: 'Before the flow' });
  const host = await play('created');
  await control.trigger({ title: 'Disk' });
  await control.trigger({ title: 'Network', serviceId: 'PSVCPAY' });
  await runs(host, 2);
  await restart(() => control.trigger({ title: 'While the service was down' }));
  await runs(host, 3);
  await polls(host, 3);
  t.equal(host.runs.length, 3);
  t.strictSame(await story(control), [
    ['created', 'assigned'],
    ['created', 'assigned', 'noted', 'acknowledged'],
    ['created', 'assigned', 'assigned', 'noted', 'acknowledged'],
    ['created', 'assigned', 'noted', 'acknowledged'],
  ]);
  t.strictSame(notesOf(sandbox), [
    'PUSER02: Grace Hopper, please look at [#2] Disk',
    'PUSER03: Alan Turing, please look at [#3] Network',
    'PUSER02: Grace Hopper, please look at [#4] While the service was down',
  ]);
});

t.test('incident assigned to a user: it is reassigned to another, and snoozed', async (t) => {
  const { control, play, restart } = await start(t);
  const [first] = await control.trigger();
  const [second] = await control.trigger();
  const [third] = await control.trigger();
  const host = await play('assigned');
  await control.act(first.id, 'assign', { userIds: ['PUSER03'] });
  await control.act(second.id, 'assign', { userIds: ['PUSER01'] });
  await runs(host, 1);
  await restart(() => control.act(third.id, 'assign', { userIds: ['PUSER03'] }));
  await runs(host, 2);
  await polls(host, 3);
  t.equal(host.runs.length, 2);
  t.strictSame(await story(control), [
    ['created', 'assigned', 'assigned', 'assigned', 'acknowledged', 'snoozed'],
    ['created', 'assigned', 'assigned'],
    ['created', 'assigned', 'assigned', 'assigned', 'acknowledged', 'snoozed'],
  ]);
  t.match(await control.incidents(), [
    { status: 'acknowledged', assigneeIds: ['PUSER04'] },
    { status: 'triggered', assigneeIds: ['PUSER01'] },
    { status: 'acknowledged', assigneeIds: ['PUSER04'] },
  ]);
  const others = host.polled.filter(({ pathname, searchParams }) => {
    return pathname !== '/trigger3/incidents/PUSER03' || searchParams.get('include[]') !== 'first_trigger_log_entries';
  });
  t.strictSame(others, [], 'path and queries of the file come back in each Location');
});

t.test('note added to an incident: it is escalated', async (t) => {
  const { control, play, restart } = await start(t);
  const [{ id }] = await control.trigger();
  await control.act(id, 'note', { content: 'Before the flow' });
  // A new host may be told what is younger than an interval of a second, which PagerDuty dates in whole seconds.
  await delay(2_100);
  const host = await play('noted', { incidentId: id });
  await control.act(id, 'note', { content: 'Help' });
  await runs(host, 1);
  await restart(() => control.act(id, 'note', { content: 'More help' }));
  await runs(host, 2);
  await polls(host, 3);
  t.equal(host.runs.length, 2);
  t.match(host.runs, [{ content: 'Help' }, { content: 'More help' }]);
  const toTwo = ['escalated', 'assigned', 'assigned'];
  t.strictSame(await story(control), [['created', 'assigned', 'noted', 'noted', ...toTwo, 'noted', ...toTwo]]);
});

t.test('incident acknowledged: it is resolved; incident resolved: another is created, found and noted', async (t) => {
  const { control, play, restart, sandbox } = await start(t);
  const [first] = await control.trigger({ title: 'Disk' });
  const [second] = await control.trigger({ title: 'Network' });
  const resolves = await play('acknowledged');
  const reviews = await play('resolved', { serviceKey: sandbox.credentials.eventsV2Keys.PSVCWEB });
  await control.act(first.id, 'acknowledge', { userId: 'PUSER02' });
  await runs(reviews, 1);
  await restart(() => control.act(second.id, 'acknowledge', { userId: 'PUSER02' }));
  await runs(reviews, 2);
  await polls(reviews, 3);
  await polls(resolves, 3);
  t.equal(resolves.runs.length, 2);
  t.equal(reviews.runs.length, 2);
  t.match(await control.incidents(), [
    { title: 'Disk', status: 'resolved' },
    { title: 'Network', status: 'resolved' },
    { title: `Review: [#1] Disk (${first.id})`, status: 'triggered' },
    { title: `Review: [#2] Network (${second.id})`, status: 'triggered' },
  ]);
  t.strictSame(await story(control), [
    ['created', 'assigned', 'acknowledged', 'resolved'],
    ['created', 'assigned', 'acknowledged', 'resolved'],
    ['created', 'assigned', 'noted'],
    ['created', 'assigned', 'noted'],
  ]);
  t.match(notesOf(sandbox), [new RegExp(`^PUSER02: https://.*/${first.id}$`), new RegExp(`/${second.id}$`)]);
});
