import { pino } from 'pino';
import t from 'tap';
import { type Answer, errorOf, startService } from '../support/running-service.js';

t.test(
  'keys that are guessed in numbers reach PagerDuty a thousand times, and hurt nobody who has a good one',
  async (t) => {
    const lines: string[] = [];
    const logger = pino({ level: 'info' }, { write: (line: string) => lines.push(line) });
    const { call, control } = await startService(t, { logger });
    t.equal((await call('GET', '/users/PUSER01')).status, 200, 'a key that is known from now on');
    const requests = [
      ['GET', '/users/PUSER01', undefined],
      ['GET', '/trigger2/incidents', undefined],
      ['PUT', '/action1/incidents/P1', { userId: 'PUSER01' }],
      ['GET', '/test_connection', undefined],
    ] as const;
    const answers: Answer[] = [];
    const startedMs = performance.now();
    const sent = await control.sentDuring(async () => {
      for (let wave = 0; wave < 30; wave += 1) {
        const guesses = Array.from({ length: 50 }, (_, index) => {
          const [method, path, body] = requests[index % requests.length] ?? requests[0];
          return call(method, path, { key: `guess-${wave}-${index}`, body });
        });
        answers.push(...(await Promise.all(guesses)));
      }
    });
    const most = 1_040 + (performance.now() - startedMs) / 48;
    t.ok(sent.length >= 1_000 && sent.length <= most, `${sent.length} calls for 1,500 keys`);
    t.strictSame([...new Set(answers.map(({ status }) => status))], [401, 503]);
    const refused = answers.filter(({ status }) => status === 503);
    for (const answer of refused) {
      t.match(errorOf(answer), {
        code: /^too_many_unknown_keys$/,
        message: /^Key: expected .+ got .+ Try again after/,
      });
      t.equal(answer.headers['retry-after'], '10');
    }
    const costly = refused.filter(({ headers }) => headers['ratelimit-remaining'] !== undefined);
    t.ok(costly.length <= 50, 'once there is no call left, none is taken from a limiter either');
    t.notOk(
      lines.some((line) => line.includes('too_many_unknown_keys')),
      'a line for each would fill the disk',
    );

    t.equal((await call('GET', '/users/PUSER01')).status, 200);
    t.equal((await call('GET', '/trigger2/incidents')).status, 202);
    const metrics = (await call('GET', '/metrics')).text;
    t.match(metrics, /^connector_unknown_keys_total\{event="refused_by_pagerduty"\} 1\d\d\d$/m);
    t.match(metrics, /^connector_unknown_keys_total\{event="too_many"\} \d+$/m);
  },
);

t.test(
  'a wrong input with a key that nobody knows counts as a guess, and takes no call once there are too many',
  async (t) => {
    const { call, control } = await startService(t);
    const answers: Answer[] = [];
    const sent = await control.sentDuring(async () => {
      // Calls grow back while the waves last, on a busy machine more of them.
      for (let wave = 0; wave < 100 && !answers.some(({ status }) => status === 503); wave += 1) {
        const guesses = Array.from({ length: 50 }, (_, index) =>
          call('PUT', '/action1/incidents/P1', { key: `guess-${wave}-${index}`, body: index % 2 === 0 ? {} : '{' }),
        );
        answers.push(...(await Promise.all(guesses)));
      }
    });
    t.strictSame(sent, []);
    t.strictSame([...new Set(answers.map(({ status }) => status))], [400, 503]);
    const refused = answers.filter(({ status }) => status === 503);
    t.equal(errorOf(refused[0] ?? { body: undefined }).code, 'too_many_unknown_keys');
    t.ok(refused.every(({ headers }) => headers['ratelimit-remaining'] === undefined));
  },
);

t.test('why a key is refused is told again without asking PagerDuty again', async (t) => {
  const { call, control } = await startService(t);
  const key = 'y_SomebodyElsesKey';
  t.equal(errorOf(await call('GET', '/users/PUSER01', { key })).code, 'pagerduty_unauthorized');
  const sent = await control.sentDuring(async () => {
    for (const [path, code] of [
      ['/users/PUSER01', 'pagerduty_unauthorized'],
      ['/incidents', 'pagerduty_unauthorized'],
      ['/trigger2/incidents', 'pagerduty_unauthorized'],
      ['/test_connection', 'invalid_api_key'],
    ] as const) {
      const answer = await call('GET', path, { key });
      t.equal(answer.status, 401, path);
      t.equal(errorOf(answer).code, code, path);
      t.match(errorOf(answer), { pagerduty: { status: 401 } });
    }
  });
  t.strictSame(sent, []);
});
