import t from 'tap';
import { PollTimes } from '../../../../tools/bench/upstream/poll-times.js';

t.test('a poll is as late as its distance from the one before is above the interval', async (t) => {
  const times = new PollTimes(30_000);
  for (const atMs of [0, 45_000]) times.polled(1, atMs);
  t.equal(times.seen(46_000).lateMostMs, 0, 'the first two are not judged: the second one’s time is random');
  times.begin();
  times.polled(1, 75_500);
  times.polled(1, 108_500);
  const { polls, lateP50Ms, lateMostMs, latePercent } = times.seen(109_000);
  t.strictSame(
    { polls, lateP50Ms, lateMostMs, latePercent },
    { polls: 2, lateP50Ms: 3_000, lateMostMs: 3_000, latePercent: 50 },
  );
});

t.test('a connection that is polled no more is late too', async (t) => {
  const times = new PollTimes(30_000);
  for (const atMs of [0, 30_000, 60_000]) times.polled(1, atMs);
  times.polled(2, 60_000);
  times.begin();
  t.equal(times.seen(91_000).latePercent, 0);
  t.match(times.seen(100_000), { lateMostMs: 10_000, latePercent: 100 });
  t.equal(times.seen(130_000).lateMostMs, 40_000, 'the one that was never polled again may take two intervals');
});
