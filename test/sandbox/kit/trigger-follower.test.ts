import t from 'tap';
import { type FollowerOptions, TriggerFollower } from '../../../sandbox/kit/trigger-follower.js';

/** Gives scripted answers, one a poll; anything but an answer is a connection that breaks. Keeps what was asked. */
function follow(answers: readonly unknown[], options: Partial<FollowerOptions> = {}) {
  const asked: string[] = [];
  const waitedMs: number[] = [];
  const stop = new AbortController();
  const follower = new TriggerFollower({
    url: 'http://service/trigger',
    key: 'the-key',
    async fetch(url, init) {
      const answer = answers[asked.length];
      asked.push(`${url} ${new Headers(init?.headers).get('x-api-key')}`);
      if (answer instanceof Response) return answer;
      throw new TypeError('fetch failed');
    },
    async sleep(durationMs) {
      waitedMs.push(durationMs);
      if (asked.length === answers.length) stop.abort();
    },
    ...options,
  });
  return { follower, asked, waitedMs, signal: stop.signal };
}

function answer(status: number, state: string, body: object | string = '', retryAfter?: number): Response {
  const headers = new Headers({ location: `http://service/trigger?state=${state}` });
  if (retryAfter !== undefined) headers.set('retry-after', String(retryAfter));
  return new Response(typeof body === 'string' ? body : JSON.stringify(body), { status, headers });
}

t.test(
  'it follows each Location with its key, waits as Retry-After says, and keeps the ids of all pages',
  async (t) => {
    const { follower, asked, waitedMs, signal } = follow([
      answer(202, 'a', '', 5),
      answer(200, 'b', { incidents: [{ id: 'P1', summary: 'The disk' }, { id: 'P2' }] }, 0),
      answer(200, 'c', { notes: [{ id: 'N1' }] }),
    ]);
    const summaries: unknown[] = [];
    await follower.run(signal, ({ items }) => summaries.push(...items.map(({ summary }) => summary)));
    t.strictSame(asked, [
      'http://service/trigger the-key',
      'http://service/trigger?state=a the-key',
      'http://service/trigger?state=b the-key',
    ]);
    t.strictSame(waitedMs, [5_000, 0, 1_000]);
    t.strictSame(follower.received, ['P1', 'P2', 'N1']);
    t.strictSame(summaries, ['The disk', undefined, undefined]);
  },
);

t.test('if the service is gone, fails or cuts an answer, the follower asks again from its position', async (t) => {
  const cut = new ReadableStream({ start: (controller) => controller.error(new Error('cut')) });
  const headers = { location: 'http://service/trigger?state=never' };
  const { follower, asked, waitedMs, signal } = follow([
    answer(202, 'a'),
    'no connection',
    answer(503, 'never'),
    new Response(cut, { status: 200, headers }),
    answer(200, 'b', { incidents: [{ id: 'P1' }] }),
  ]);
  await follower.run(signal);
  t.equal(asked.filter((url) => url.includes('?state=a ')).length, 4);
  t.strictSame(waitedMs, [1_000, 500, 500, 500, 1_000]);
  t.strictSame(follower.received, ['P1']);
  t.match(follower, { polls: 5, failures: 3 });
});

t.test('catching up ends when nothing more waits', async (t) => {
  const page = (state: string, retryAfter: number) =>
    answer(200, state, { incidents: [{ id: `P${state}` }] }, retryAfter);
  const { follower } = follow([page('1', 0), page('2', 0), page('3', 60), page('4', 0), answer(202, '5', '', 0)]);
  await follower.catchUp();
  t.strictSame(follower.received, ['P1', 'P2', 'P3']);
  await follower.catchUp();
  t.strictSame(follower.received, ['P1', 'P2', 'P3', 'P4']);
  await follower.catchUp();
  t.match(follower, { polls: 6, failures: 1 }, 'and while nobody answers');
});

t.test('an answer that the protocol does not have ends it, and leaves its position as it was', async (t) => {
  const lost = new Response('{"incidents": []}', { status: 200 });
  const { follower, asked } = follow([
    answer(202, 'a'),
    answer(401, 'never', 'no'),
    lost,
    answer(200, 'never', { incidents: [{}] }),
    answer(429, 'never'),
  ]);
  await follower.poll();
  await t.rejects(follower.poll(), { message: /answered 401/ });
  await t.rejects(follower.poll(), { message: /answered 200 with Location null/ });
  await t.rejects(follower.poll(), 'a page whose items have no ids');
  await t.rejects(follower.poll(), { message: /answered 429/ });
  t.equal(new Set(asked.slice(1)).size, 1);
  const { follower: patient } = follow([answer(429, 'never')], { passes: (status) => status === 429 });
  t.match(await patient.poll(), { outcome: 'failed' }, 'unless it is told that it passes');
});
