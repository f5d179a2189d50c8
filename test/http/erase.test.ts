import t from 'tap';
import { HastyClock } from '../support/hasty-clock.js';
import { type Answer, errorOf, propertiesOf, startService } from '../support/running-service.js';

const created = '/trigger2/incidents';

function pathOf({ headers, text }: Answer): string {
  if (headers.location === undefined) throw new Error(`there is no Location: ${text}`);
  const { pathname, search } = new URL(headers.location);
  return pathname + search;
}

t.test('a connection’s data is erased by whoever has its key, and its limit of calls is not', async (t) => {
  const clock = new HastyClock();
  const environment = { TRIGGER_POLL_SECONDS: '1', RATE_LIMIT_CALLS: '3' };
  const { call, control } = await startService(t, { environment, clock });
  const first = await call('GET', created);
  t.equal(first.status, 202);
  await control.trigger({ title: 'Erased' });
  await clock.advance(150_000);
  t.equal((await call('GET', pathOf(first))).status, 200);
  const erased = await call('DELETE', '/connection');
  t.strictSame([erased.status, erased.text], [204, '']);
  t.equal(erased.headers['ratelimit-remaining'], '2');
  const other = await call('DELETE', '/connection', { key: 'u+NobodyHasThisKey' });
  t.equal(other.status, 204, 'nothing was there to erase');
  await call('DELETE', '/connection');
  t.equal((await call('DELETE', '/connection')).status, 204);
  const refused = await call('DELETE', '/connection');
  t.equal(refused.status, 429);
  t.equal(errorOf(refused).code, 'rate_limited');
  // A flow that polls on is served: PagerDuty still has what happened.
  await clock.advance(60_000);
  const again = await call('GET', pathOf(first));
  t.ok([200, 202].includes(again.status), `${again.status} ${JSON.stringify(propertiesOf(again.body))}`);
});

t.test('without a key nothing is erased', async (t) => {
  const { call } = await startService(t, { clock: new HastyClock() });
  const answer = await call('DELETE', '/connection', { key: null });
  t.equal(answer.status, 401);
});
