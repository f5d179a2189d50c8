import t from 'tap';
import type { HistoryItem } from '../../sandbox/account/records.js';
import type { Clock } from '../../src/clock/clock.js';
import type { EventFilter } from '../../src/engine/events.js';
import { SimulatedHost } from '../support/simulated-host.js';
import { intervalMs, temporaryStore, World } from '../support/simulated-world.js';

const store = temporaryStore(t);
let runs = 0;

function newWorld(kind: 'account' | 'no-log-entries' = 'account', replicas = 1): World {
  runs += 1;
  return new World(store, runs, kind, replicas);
}

async function join(world: World, filter: EventFilter, replica = 0): Promise<SimulatedHost> {
  const host = new SimulatedHost(filter);
  world.hosts.push(host);
  await world.poll(host, replica);
  return host;
}

async function trigger(world: World, count = 1): Promise<string[]> {
  const before = world.sandbox.account.incidents.length;
  await world.control('/incidents', { title: 'Broken', count, serviceId: 'PSVCPAY' });
  return world.sandbox.account.incidents.slice(before).map(({ id }) => id);
}

const act = (world: World, id: string, action: string, body: object) =>
  world.control(`/incidents/${id}/${action}`, body);

function happened(world: World, kind: HistoryItem['kind']): string[] {
  return world.sandbox.account.history.filter((item) => item.kind === kind).map(({ incidentId }) => incidentId);
}

async function nextPoll(world: World, ...hosts: SimulatedHost[]): Promise<void> {
  await world.clock.advance(intervalMs);
  for (const host of hosts) await world.poll(host);
}

t.test('promise 1: nothing lost', async (t) => {
  t.test('a whole life between two polls', async (t) => {
    const world = newWorld();
    const created = await join(world, { kind: 'created' });
    const acknowledged = await join(world, { kind: 'acknowledged' });
    const resolved = await join(world, { kind: 'resolved' });
    const [id = ''] = await trigger(world);
    await act(world, id, 'acknowledge', { userId: 'PUSER02' });
    await act(world, id, 'resolve', { userId: 'PUSER02' });
    await nextPoll(world, created, acknowledged, resolved);
    t.strictSame([created.received, acknowledged.received, resolved.received], [[id], [id], [id]]);
  });

  t.test('A is assigned, then B, then A again, within one second', async (t) => {
    const world = newWorld();
    const hostA = await join(world, { kind: 'assigned', subject: 'PUSER01' });
    const hostB = await join(world, { kind: 'assigned', subject: 'PUSER02' });
    const [id = ''] = await trigger(world);
    for (const userId of ['PUSER01', 'PUSER02', 'PUSER01']) await act(world, id, 'assign', { userId });
    await nextPoll(world, hostA, hostB);
    t.strictSame(hostA.received, [id, id]);
    t.strictSame(hostB.received, [id]);
  });

  t.test('an acknowledgement times out and is renewed', async (t) => {
    const world = newWorld();
    const host = await join(world, { kind: 'acknowledged' });
    world.sandbox.account.directory.services.forEach((service) => {
      service.acknowledgementTimeout = 60;
    });
    const [id = ''] = await trigger(world);
    await act(world, id, 'acknowledge', { userId: 'PUSER02' });
    await world.clock.advance(90_000);
    await act(world, id, 'acknowledge', { userId: 'PUSER02' });
    await nextPoll(world, host);
    t.strictSame(happened(world, 'unacknowledged'), [id], 'it did time out');
    t.strictSame(host.received, [id, id]);
  });

  t.test('500 things happen in one second', async (t) => {
    const world = newWorld();
    const host = await join(world, { kind: 'created' });
    const ids = await trigger(world, 500);
    await nextPoll(world, host);
    t.strictSame([...host.received].sort(), [...ids].sort());
  });

  t.test('PagerDuty shows something late, after what happened later', async (t) => {
    const world = newWorld();
    const host = await join(world, { kind: 'created' });
    await world.control('/late-entries', { actions: 1, seconds: 100 });
    const [late = ''] = await trigger(world);
    await world.clock.advance(1_000);
    const [soon = ''] = await trigger(world);
    await nextPoll(world, host);
    t.strictSame(host.received, [soon]);
    for (let poll = 0; poll < 4; poll += 1) await nextPoll(world, host);
    t.strictSame(host.received, [soon, late]);
  });

  t.test('the service was down, and PagerDuty failed, for an hour', async (t) => {
    const world = newWorld();
    const host = await join(world, { kind: 'resolved' });
    const [first = ''] = await trigger(world);
    await act(world, first, 'resolve', { userId: 'PUSER02' });
    world.upstream.isDown = true;
    for (let poll = 0; poll < 20; poll += 1) {
      await world.clock.advance(180_000);
      await world.poll(host);
    }
    t.ok(world.observed.failed > 5, 'polls did fail');
    const [second = ''] = await trigger(world);
    await act(world, second, 'resolve', { userId: 'PUSER02' });
    world.upstream.isDown = false;
    world.restart();
    await world.clock.advance(301_000);
    await world.poll(host);
    t.strictSame(host.received, [first, second]);
  });

  t.test('the account has more open incidents than PagerDuty lists', async (t) => {
    const world = newWorld();
    await trigger(world, 10_050);
    await world.clock.advance(600_000);
    const host = await join(world, { kind: 'acknowledged' });
    const [oldest] = world.sandbox.account.incidents;
    const [newest = ''] = await trigger(world);
    await act(world, oldest?.id ?? '', 'acknowledge', { userId: 'PUSER02' });
    await act(world, newest, 'acknowledge', { userId: 'PUSER02' });
    await nextPoll(world, host);
    t.strictSame(host.received, [oldest?.id, newest]);
  });

  t.test('more happens than PagerDuty pages to', async (t) => {
    const world = newWorld();
    const host = await join(world, { kind: 'created' });
    world.upstream.isDown = true;
    await world.clock.advance(60_000);
    for (let burst = 0; burst < 6; burst += 1) {
      await trigger(world, 1_100);
      await world.clock.advance(40_000);
    }
    world.upstream.isDown = false;
    for (let poll = 0; poll < 20 && host.received.length < 6_600; poll += 1) await nextPoll(world, host);
    t.ok(world.sandbox.account.log.size > 10_000, 'there are more entries than can be paged to');
    t.strictSame(new Set(host.received).size, 6_600);
    t.equal(host.received.length, 6_600);
  });

  t.test('notes, also those added while the service was restarted', async (t) => {
    const world = newWorld();
    const [id = ''] = await trigger(world);
    const host = await join(world, { kind: 'noted', subject: id });
    await act(world, id, 'note', { userId: 'PUSER01', content: 'one' });
    await nextPoll(world, host);
    world.restart();
    await act(world, id, 'note', { userId: 'PUSER01', content: 'two' });
    await nextPoll(world, host);
    await nextPoll(world, host);
    t.equal(host.received.length, 2);
    t.equal(new Set(host.received).size, 2);
  });
});

t.test('promise 2: nothing twice, when the process dies before or after a commit', async (t) => {
  for (const when of ['before the commit', 'after the commit'] as const) {
    const world = newWorld();
    const host = await join(world, { kind: 'created' });
    const ids = await trigger(world, 3);
    world.store.crash = when;
    await nextPoll(world, host);
    world.restart();
    for (let poll = 0; poll < 6; poll += 1) await nextPoll(world, host);
    t.strictSame(host.received, ids, when);
  }
});

t.test('promise 3: every host for itself, and an old state gets the same events again', async (t) => {
  const world = newWorld();
  const first = await join(world, { kind: 'created' });
  const [one = ''] = await trigger(world);
  await nextPoll(world, first);
  await world.clock.advance(120_000);
  const second = await join(world, { kind: 'created' });
  const [two = ''] = await trigger(world);
  await nextPoll(world, first, second);
  t.strictSame(first.received, [one, two]);
  t.strictSame(second.received, [two]);
  t.strictSame(
    await world.drive(first.replay(world.engine, world.connection, 0)),
    [one, two],
    'again, and what came since',
  );
  t.strictSame(await world.drive(first.replay(world.engine, world.connection, 0)), [one, two], 'nothing was consumed');
});

t.test('promise 4: the first poll never fires, and nothing older than an interval comes', async (t) => {
  const world = newWorld();
  await trigger(world, 5);
  const early = await join(world, { kind: 'created' });
  t.strictSame(early.received, [], 'a connection seen for the first time is a silent baseline');
  const old = await trigger(world, 2);
  await nextPoll(world, early);
  await world.clock.advance(600_000);
  const late = await join(world, { kind: 'created' });
  await nextPoll(world, early, late);
  t.strictSame(early.received, old);
  t.strictSame(late.received, []);
});

t.test('promise 5: at most one poll an interval, whatever hosts do, and a true time to wait', async (t) => {
  const world = newWorld();
  const hosts: SimulatedHost[] = [];
  for (let host = 0; host < 50; host += 1)
    hosts.push(await join(world, { kind: host % 2 === 0 ? 'created' : 'resolved' }));
  t.equal(world.observed.polls, 1);
  for (let second = 0; second < 29; second += 1) {
    await world.clock.advance(1_000);
    for (const host of hosts.slice(0, 5)) await world.poll(host);
  }
  t.equal(world.observed.polls, 1, 'hosts that poll faster are answered from the log');
  const answer = await world.engine.poll(world.connection, { kind: 'created' }, hosts[0]?.states.at(-1)?.state);
  t.equal(answer.nextPollInMs, 1_000);
  await world.clock.advance(1_000);
  for (const host of hosts) await world.poll(host);
  t.equal(world.observed.polls, 2);
});

t.test('promise 5: idle is cheap: one small call a poll, with 500 open incidents and 50 hosts', async (t) => {
  const world = newWorld();
  await trigger(world, 500);
  const kinds = ['created', 'acknowledged', 'resolved'] as const;
  const hosts: SimulatedHost[] = [];
  for (let host = 0; host < 50; host += 1) hosts.push(await join(world, { kind: kinds[host % 3] ?? 'created' }));
  // Until nothing of what happened last can be listed late any more, as far as sweeps are frequent.
  const [first = new SimulatedHost({ kind: 'created' })] = hosts;
  for (let poll = 0; poll < 380; poll += 1) await nextPoll(world, first);
  const before = world.upstream.calls;
  for (let poll = 0; poll < 10; poll += 1) await nextPoll(world, ...hosts);
  t.equal(world.upstream.calls - before, 10);
});

t.test(
  'promise 5: a day with an incident an hour takes a tenth more calls than one in which nothing happens',
  async (t) => {
    const pollsADay = 86_400_000 / intervalMs;
    for (const isQuiet of [true, false]) {
      const world = newWorld();
      const host = await join(world, { kind: 'created' });
      const day = async (polls: number) => {
        for (let poll = 0; poll < polls; poll += 1) {
          if (!isQuiet && (poll * intervalMs) % 3_600_000 === 0) await trigger(world);
          await nextPoll(world, host);
        }
      };
      // Until the sweeps after the registration are done.
      await day(360);
      const before = world.upstream.calls;
      await day(pollsADay);
      const more = world.upstream.calls - before - pollsADay;
      if (isQuiet) t.equal(more, 0);
      else t.ok(more >= 24 && more <= 0.12 * pollsADay, `24 of the canary and some sweeps: ${more}`);
    }
  },
);

t.test('promise 5: a burst after a quiet hour is found with the next poll', async (t) => {
  const world = newWorld();
  const host = await join(world, { kind: 'created' });
  await world.clock.advance(3_600_000);
  const ids: string[] = [];
  for (let half = 0; half < 12; half += 1) {
    ids.push(...(await trigger(world, 30)));
    await world.clock.advance(500);
  }
  const before = world.upstream.calls;
  await nextPoll(world, host, host, host, host, host, host, host, host, host);
  t.strictSame([...host.received].sort(), ids.sort());
  t.ok(world.upstream.calls - before <= 60, `${world.upstream.calls - before} calls`);
});

t.test('promise 6: the store is a help, not the truth', async (t) => {
  t.test('the database is deleted: hosts go on from their frontier, and get nothing again', async (t) => {
    const world = newWorld();
    const host = await join(world, { kind: 'created' });
    const other = await join(world, { kind: 'acknowledged' });
    const before = await trigger(world, 2);
    await nextPoll(world, host, other);
    await world.clock.advance(600_000);
    await nextPoll(world, host, other);
    const last = await trigger(world, 1);
    await nextPoll(world, host, other);
    await world.clock.advance(10_000);
    const missed = await trigger(world, 3);
    await act(world, before[0] ?? '', 'acknowledge', { userId: 'PUSER01' });
    world.store.inner = temporaryStore(t);
    world.restart();
    for (let poll = 0; poll < 3; poll += 1) await nextPoll(world, host, other);
    t.ok(world.observed.recovered >= 2, 'the loss was noticed');
    t.strictSame(host.received.slice(0, 3), [...before, ...last]);
    t.strictSame(host.received.slice(3).sort(), [...missed].sort());
    t.strictSame(other.received, [before[0]]);
    const fresh = await join(world, { kind: 'created' });
    await nextPoll(world, fresh);
    t.strictSame(fresh.received, [], 'what is read back is not for hosts that come later');
  });

  t.test('nothing is lost if another host comes first after the loss', async (t) => {
    const world = newWorld();
    const [watched = ''] = await trigger(world);
    await world.clock.advance(300_000);
    const host = await join(world, { kind: 'created' });
    const noted = await join(world, { kind: 'noted', subject: watched });
    await nextPoll(world, host, noted);
    const missed = await trigger(world, 2);
    await act(world, watched, 'note', { userId: 'PUSER01', content: 'Looking' });
    await world.clock.advance(20_000);
    world.store.inner = temporaryStore(t);
    world.restart();
    await join(world, { kind: 'created' });
    for (let poll = 0; poll < 4; poll += 1) await nextPoll(world, host, noted);
    t.strictSame(host.received, missed);
    t.equal(noted.received.length, 1);
  });

  t.test('a note is delivered again if the log that had it is lost while the process runs on', async (t) => {
    const world = newWorld();
    const [id = ''] = await trigger(world);
    const first = await join(world, { kind: 'noted', subject: id });
    const late = await join(world, { kind: 'noted', subject: id });
    await world.clock.advance(1_000);
    await act(world, id, 'note', { userId: 'PUSER01', content: 'Looking' });
    for (let poll = 0; poll < 3; poll += 1) await nextPoll(world, first);
    t.equal(first.received.length, 1);
    world.store.inner = temporaryStore(t);
    for (let poll = 0; poll < 4; poll += 1) await nextPoll(world, late);
    t.strictSame(late.received, first.received);
  });

  t.test('an unreadable or expired state starts again from now', async (t) => {
    const world = newWorld();
    const host = await join(world, { kind: 'created' });
    const states = ['', '%%%', 'A'.repeat(3_000), Buffer.from('[1,2]').toString('base64url')];
    for (const state of states) {
      const answer = await world.engine.poll(world.connection, { kind: 'created' }, state);
      t.strictSame(answer.payloads, []);
      t.not(answer.state, state);
    }
    t.equal(world.observed.restarted, states.length);
    const ids = await trigger(world);
    await nextPoll(world, host);
    t.strictSame(host.received, ids);
    world.store.inner = temporaryStore(t);
    world.restart();
    await world.clock.advance(169 * 3_600_000);
    const answer = await world.drive(
      world.engine.poll(world.connection, { kind: 'created' }, host.states.at(-1)?.state),
    );
    t.strictSame(answer?.payloads, []);
    t.equal(world.observed.restarted, states.length + 1, 'a week is the documented age');
  });

  t.test('a flow that has polled all the time is never too old, however quiet', async (t) => {
    const world = newWorld();
    const host = await join(world, { kind: 'resolved' });
    const noisy = await join(world, { kind: 'created' });
    for (let hour = 0; hour < 400; hour += 4) {
      await trigger(world);
      await world.clock.advance(4 * 3_600_000);
      await world.poll(noisy);
      await world.poll(host);
      await world.store.trim(world.clock.now() - 168 * 3_600_000);
    }
    const [id = ''] = await trigger(world);
    await act(world, id, 'resolve', { userId: 'PUSER01' });
    await nextPoll(world, host);
    t.strictSame(host.received, [id]);
    t.equal(world.observed.restarted + world.observed.recovered, 0);
  });
});

t.test('several replicas that share a store', async (t) => {
  t.test(
    'poll once an interval in sum, and deliver everything to every host, whichever replica it polls',
    async (t) => {
      const world = newWorld('account', 3);
      const hosts: SimulatedHost[] = [];
      for (let host = 0; host < 6; host += 1) hosts.push(await join(world, { kind: 'created' }, host));
      const ids: string[] = [];
      for (let second = 0; second < 300; second += 1) {
        await world.clock.advance(1_000);
        if (second % 40 === 0) ids.push(...(await trigger(world)));
        for (const [index, host] of hosts.entries()) await world.poll(host, second * 7 + index);
      }
      t.ok(world.observed.polls >= 10 && world.observed.polls <= 11, `${world.observed.polls} polls in 300 s`);
      await nextPoll(world, ...hosts);
      for (const host of hosts) t.strictSame(host.received, ids);
    },
  );

  t.test(
    'poll PagerDuty once an interval in sum while it fails, so that all goes on as soon as it answers',
    async (t) => {
      const world = newWorld('account', 3);
      const hosts = [await join(world, { kind: 'created' }, 0), await join(world, { kind: 'created' }, 1)];
      world.upstream.isDown = true;
      for (let second = 0; second < 600; second += 1) {
        await world.clock.advance(1_000);
        for (const [index, host] of hosts.entries()) await world.poll(host, second + index);
      }
      t.ok(
        world.observed.failed >= 18 && world.observed.failed <= 21,
        `${world.observed.failed} failed polls in 600 s`,
      );
    },
  );

  t.test('deliver a note that another replica has read past', async (t) => {
    const world = newWorld('account', 2);
    const [id = ''] = await trigger(world);
    const other = await join(world, { kind: 'created' }, 0);
    const host = await join(world, { kind: 'noted', subject: id }, 1);
    await world.clock.advance(intervalMs + 1_000);
    await world.poll(host, 1);
    await act(world, id, 'note', { userId: 'PUSER01', content: 'Looking' });
    for (let poll = 0; poll < 12; poll += 1) {
      await trigger(world);
      await world.clock.advance(intervalMs + 1_000);
      await world.poll(other, 0);
    }
    for (let poll = 0; poll < 3; poll += 1) {
      await world.clock.advance(intervalMs + 1_000);
      await world.poll(host, 1);
    }
    t.equal(host.received.length, 1);
  });

  t.test('go by PagerDuty’s clock, also if this replica has never polled and its own clock is ahead', async (t) => {
    const world = newWorld('account', 2);
    const ahead: Clock = {
      now: () => world.clock.now() + 300_000,
      monotonic: () => world.clock.monotonic(),
      after: (durationMs, run) => world.clock.after(durationMs, run),
      sleep: (durationMs, signal) => world.clock.sleep(durationMs, signal),
    };
    for (const index of [0, 1]) world.replicaAt(index).engine = world.newEngine(index, ahead);
    const other = await join(world, { kind: 'resolved' }, 0);
    const host = await join(world, { kind: 'created' }, 1);
    await world.clock.advance(1_000);
    const ids = await trigger(world);
    await nextPoll(world, other, host);
    await nextPoll(world, other, host);
    t.strictSame(host.received, ids);
  });

  t.test('register a host while another one’s first poll is under way, or say when to come back', async (t) => {
    const world = newWorld('account', 2);
    world.replicaAt(0).store.stall = true;
    const first = new SimulatedHost({ kind: 'created' });
    await world.poll(first, 0);
    t.equal(first.registeredAtMs, undefined, 'it still waits');
    await t.rejects(
      waitWhileClockRuns(world, world.replicaAt(1).engine.poll(world.connection, first.filter, undefined)),
      {
        code: /^trigger_not_ready$/,
        statusCode: 503,
        retryAfterMs: 25_000,
      },
    );
    const second = world.replicaAt(1).engine.poll(world.connection, first.filter, undefined);
    await world.clock.advance(500);
    world.replicaAt(0).store.resume();
    t.match(await waitWhileClockRuns(world, second), { payloads: [], more: false });
  });
});

/** Lets the clock run although a replica is stalled. */
async function waitWhileClockRuns<T>(world: World, work: Promise<T>): Promise<T> {
  let done = false;
  const finished = work.finally(() => {
    done = true;
  });
  finished.catch(() => undefined);
  for (let turn = 0; !done && turn < 1_000; turn += 1) await world.clock.advance(250);
  return finished;
}

t.test('a key that may not read log entries works by the lists alone', async (t) => {
  const world = newWorld('no-log-entries');
  const hosts = [
    await join(world, { kind: 'created' }),
    await join(world, { kind: 'acknowledged' }),
    await join(world, { kind: 'resolved' }),
    await join(world, { kind: 'assigned', subject: 'PUSER01' }),
  ];
  const [one = '', two = ''] = await trigger(world, 2);
  const noted = await join(world, { kind: 'noted', subject: one });
  await act(world, one, 'assign', { userId: 'PUSER01' });
  await nextPoll(world, ...hosts, noted);
  await act(world, one, 'acknowledge', { userId: 'PUSER01' });
  await act(world, one, 'note', { userId: 'PUSER01', content: 'hello' });
  await act(world, two, 'resolve', { userId: 'PUSER01' });
  await nextPoll(world, ...hosts, noted);
  for (let poll = 0; poll < 6; poll += 1) await nextPoll(world, ...hosts, noted);
  t.strictSame(
    hosts.map(({ received }) => received.slice(0, 3)),
    [[one, two], [one], [two], [one]],
  );
  t.equal(noted.received.length, 1);
});

t.test('a commit that was overtaken writes nothing, and the other delivers what it found', async (t) => {
  const world = newWorld();
  const host = await join(world, { kind: 'created' });
  const paused = world.engine;
  const driver = new SimulatedHost({ kind: 'created' });
  world.restart();
  await world.poll(driver);
  const ids = await trigger(world, 2);
  await nextPoll(world, driver);
  const stale = await paused.poll(world.connection, { kind: 'created' }, host.states[0]?.state);
  t.equal(stale.payloads.length, 2);
  await nextPoll(world, host);
  t.strictSame(host.received, ids);
  t.strictSame(driver.received, ids);
});

t.test(
  'a connection whose hosts have gone is not polled, one whose hosts poll is polled in the background',
  async (t) => {
    const world = newWorld();
    await join(world, { kind: 'created' });
    const tickFor = async (seconds: number) => {
      for (let second = 0; second < seconds; second += 1) {
        await world.clock.advance(1_000);
        world.engine.tick();
        await world.drive(new Promise((resolve) => setImmediate(resolve)));
      }
    };
    await tickFor(300);
    t.ok(world.observed.polls >= 8 && world.observed.polls <= 11, `${world.observed.polls} polls in five minutes`);
    await tickFor(700);
    const asleep = world.observed.polls;
    await tickFor(300);
    t.equal(world.observed.polls, asleep);
  },
);
