import t from 'tap';
import { Readiness } from '../../src/http/readiness.js';
import { ManualClock } from '../support/manual-clock.js';

t.test('the store is checked for whoever asks, twice a second at most', async (t) => {
  const clock = new ManualClock();
  let checks = 0;
  let fails = false;
  const readiness = new Readiness({
    clock,
    checkStore: async () => {
      checks += 1;
      if (fails) throw new Error('full');
    },
  });
  for (let round = 0; round < 5; round += 1) await readiness.check();
  t.equal(checks, 1);
  fails = true;
  await clock.advance(500);
  await t.rejects(readiness.check(), { message: 'full' });
  await t.rejects(readiness.check(), { message: 'full' });
  t.equal(checks, 2);
  fails = false;
  await clock.advance(500);
  await readiness.check();
});

t.test('a service that drains is not ready, and knows whether somebody will notice', async (t) => {
  const clock = new ManualClock();
  const readiness = new Readiness({ clock, checkStore: async () => undefined });
  t.equal(readiness.drain(), false);
  await t.rejects(readiness.check(), { message: /stopping/ });
  t.equal(readiness.drain(), true);
  await clock.advance(60_000);
  t.equal(readiness.drain(), false);
});
