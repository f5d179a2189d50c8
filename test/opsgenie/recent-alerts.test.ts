import t from 'tap';
import { type AcceptedRequest, RecentAlerts } from '../../src/opsgenie/recent-alerts.js';
import { ManualClock } from '../support/manual-clock.js';

const request = (name: string): AcceptedRequest => ({
  sender: 'one',
  requestId: name,
  dedupKey: name,
  action: 'Create',
});

t.test('of more alerts and requests than it keeps the oldest are forgotten', async (t) => {
  const recent = new RecentAlerts(new ManualClock());
  for (let n = 0; n <= 10_000; n += 1) recent.created(request(`a${n}`), { message: 'x' }, `a${n}`);
  for (const [name, isKept] of [
    ['a0', false],
    ['a1', true],
    ['a10000', true],
  ] as const) {
    t.equal(recent.alert('one', name) !== undefined, isKept, name);
    t.equal(recent.request('one', name) !== undefined, isKept, name);
  }
});

t.test('what it keeps is bounded in size, and one that is very large is not kept', async (t) => {
  const recent = new RecentAlerts(new ManualClock());
  recent.created(request('huge'), { message: 'x', description: 'x'.repeat(70_000) }, 'huge');
  t.equal(recent.alert('one', 'huge'), undefined);
  t.match(recent.request('one', 'huge'), { status: 'Created alert', alias: 'huge' });
  const large = { message: 'x', description: 'x'.repeat(60_000) };
  for (let n = 0; n < 600; n += 1) recent.created(request(`a${n}`), large, `a${n}`);
  const kept = Array.from({ length: 600 }, (_, n) => recent.alert('one', `a${n}`)).filter(
    (alert) => alert !== undefined,
  );
  t.ok(kept.length > 500 && kept.length * 60_000 < 32 * 1024 * 1024, `${kept.length} kept`);
});
