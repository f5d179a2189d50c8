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

t.test('one that is given back is there again, and no more than there may be', async (t) => {
  const clock = new ManualClock();
  const bucket = new TokenBucket({ most: 2, periodMs: 10_000, clock });
  t.equal(bucket.hasOne, true);
  bucket.take();
  bucket.take();
  t.equal(bucket.hasOne, false);
  bucket.giveBack();
  t.equal(bucket.hasOne, true);
  await clock.advance(60_000);
  bucket.giveBack();
  t.equal(bucket.take(), 0);
  t.equal(bucket.take(), 0);
  t.equal(bucket.take(), 5_000);
});
