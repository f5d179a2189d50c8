import t from 'tap';
import { TokenBucket } from '../../src/limiter/token-bucket.js';
import { ManualClock } from '../support/manual-clock.js';

t.test('so many may be taken at once, and as many more grow back evenly in a period', async (t) => {
  const clock = new ManualClock();
  const bucket = new TokenBucket({ most: 300, periodMs: 60_000, clock });
  for (let taken = 0; taken < 300; taken += 1) t.equal(bucket.take(), 0);
  t.equal(bucket.take(), 200, 'and says when the next one is there');
  await clock.advance(150);
  t.equal(bucket.take(), 50, 'which asking does not put off');
  await clock.advance(50);
  t.equal(bucket.take(), 0);
  t.equal(bucket.take(), 200);
  await clock.advance(60_000);
  for (let taken = 0; taken < 300; taken += 1) t.equal(bucket.take(), 0);
  t.equal(bucket.take(), 200);
  await clock.advance(3_600_000);
  for (let taken = 0; taken < 300; taken += 1) t.equal(bucket.take(), 0, 'no more are saved up');
  t.equal(bucket.take(), 200);
});
