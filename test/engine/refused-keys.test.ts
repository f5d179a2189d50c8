import t, { type Test } from 'tap';
import { Engine } from '../../src/engine/engine.js';
import { type Answer, AnsweringUpstream, connectionsTo } from '../support/answering-upstream.js';
import { countedIds } from '../support/counted-ids.js';
import { ManualClock } from '../support/manual-clock.js';
import { silentObserver } from '../support/silent-observer.js';
import { temporaryStore } from '../support/simulated-world.js';

const intervalMs = 30_000;
const nothing = { log_entries: [], incidents: [], users: [], more: false, offset: 0, limit: 100 };

/** Two replicas over one store, whose hosts have one key. */
function build(t: Test) {
  const clock = new ManualClock();
  const store = temporaryStore(t, clock);
  const entry = () => {
    const created_at = new Date(clock.now()).toISOString();
    const incident = { id: 'P1', status: 'triggered', created_at };
    return { ...nothing, log_entries: [{ id: 'R1', type: 'trigger_log_entry', created_at, incident }] };
  };
  const upstream = new AnsweringUpstream(
    () => nothing,
    () => clock.now(),
  );
  const newCommitId = countedIds();
  const replica = () => {
    const engine = new Engine({
      store,
      clock,
      observer: silentObserver,
      newCommitId,
      random: () => 0,
      pollIntervalMs: intervalMs,
      retentionMs: 168 * 3_600_000,
    });
    const connection = connectionsTo(upstream, clock)('key');
    return {
      /** How many events a host gets, or the status that PagerDuty gave. */
      async poll(state?: string): Promise<number | string> {
        try {
          return (await engine.poll(connection, { kind: 'created' }, state)).payloads.length;
        } catch (error) {
          return error instanceof Error && 'pagerDutyStatus' in error
            ? `refused ${error.pagerDutyStatus}`
            : String(error);
        }
      },
      register: async () => (await engine.poll(connection, { kind: 'created' }, undefined)).state,
    };
  };
  const [one, other] = [replica(), replica()];
  /** One event in the log, of which a host with this state hears. */
  const prepare = async () => {
    const state = await one.register();
    await clock.advance(intervalMs);
    const created = entry();
    upstream.answer = ({ path }) => (path.startsWith('/log_entries') ? created : nothing);
    await one.poll(state);
    t.strictSame([await one.poll(state), await other.poll(state)], [1, 1]);
    return state;
  };
  const answer = (next: Answer) => {
    const answers = upstream.answer;
    upstream.answer = next;
    return () => {
      upstream.answer = answers;
    };
  };
  return { clock, one, other, replica, prepare, answer, upstream };
}

for (const status of [401, 402, 403]) {
  t.test(`a key that PagerDuty refuses with ${status} reads nothing, wherever it asks`, async (t) => {
    const { clock, one, other, replica, prepare, answer } = build(t);
    const state = await prepare();
    const accept = answer(() => status);
    await clock.advance(intervalMs);
    await one.poll(state);
    const refused = `refused ${status}`;
    t.equal(await one.poll(state), refused);
    t.equal(await other.poll(state), refused, 'another replica, whose turn it was not');
    t.equal(await other.poll(), refused, 'nor is a host registered');
    t.equal(await replica().poll(state), refused, 'another process');
    answer(() => 503);
    await clock.advance(intervalMs);
    t.strictSame(
      [await one.poll(state), await other.poll(state)],
      [refused, refused],
      'a later failure of another kind',
    );
    accept();
    await clock.advance(20 * intervalMs);
    t.equal(await one.poll(state), 1, 'once a poll has succeeded');
    t.equal(await other.poll(state), 1);
  });
}

t.test('a key that may read the lists, and not the timeline, is not refused', async (t) => {
  const { clock, one, other, prepare, answer } = build(t);
  const state = await prepare();
  answer(({ path }) => (path.startsWith('/log_entries') ? 403 : nothing));
  await clock.advance(intervalMs);
  t.strictSame([await one.poll(state), await other.poll(state)], [1, 1]);
});

t.test('a key that may read the timeline, and not the list of closed hours, is not refused', async (t) => {
  const { clock, one, other, prepare, answer, upstream } = build(t);
  const state = await prepare();
  const { answer: read } = upstream;
  answer((request, url) => (request.path.startsWith('/incidents') ? 403 : read(request, url)));
  upstream.calls.length = 0;
  for (let polls = 0; polls < 250; polls += 1) {
    await clock.advance(intervalMs);
    await one.poll(state);
  }
  t.ok(upstream.calls.some((path) => path.startsWith('/incidents')));
  t.strictSame([await one.poll(state), await other.poll(state)], [1, 1]);
});

t.test('a failure that says nothing of the key lets hosts read on', async (t) => {
  const { clock, one, other, prepare, answer } = build(t);
  const state = await prepare();
  answer(() => 400);
  await clock.advance(intervalMs);
  t.strictSame([await one.poll(state), await other.poll(state)], [1, 1]);
});
