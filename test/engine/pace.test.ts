import t from 'tap';
import {
  afterFailure,
  afterPage,
  atPoll,
  initialPace,
  maxCallsPerMinute,
  type Pace,
  widthAfterFailure,
  widthAfterSlice,
} from '../../src/engine/pace.js';

const pace: Pace = { limit: 40, calls: 10, callsPerMinute: 120, countedAtMs: 1_000 };
const hourMs = 3_600_000;

t.test('a process begins at full pace', async (t) => {
  t.strictSame(initialPace(7), { limit: 100, calls: 60, callsPerMinute: maxCallsPerMinute, countedAtMs: 7 });
});

t.test('calls come back with time, up to a bound', async (t) => {
  t.match(atPoll(pace, 11_000), { calls: 30, countedAtMs: 11_000 });
  t.equal(atPoll(pace, 1_000 + hourMs).calls, 60);
  t.equal(atPoll(atPoll(pace, 6_000), 6_000).calls, 20, 'and each moment counts once');
});

t.test('a slice that was begun goes on, and what it took beyond its calls is owed', async (t) => {
  let owing: Pace = { ...pace, calls: 1 };
  for (let page = 0; page < 5; page += 1) owing = afterPage(owing, { tookMs: 3_000, isFull: true });
  t.equal(owing.calls, -4);
  t.equal(atPoll(owing, 3_000).calls, 0);
});

t.test('pages are as long as PagerDuty can give them', async (t) => {
  const limitAfter = (limit: number, tookMs: number, isFull: boolean) =>
    afterPage({ ...pace, limit }, { tookMs, isFull }).limit;
  t.equal(limitAfter(40, 5_001, true), 20, 'slow');
  t.equal(limitAfter(41, 5_001, false), 20, 'slow, though short');
  t.equal(limitAfter(6, 5_001, true), 5, 'as short as can be');
  t.equal(limitAfter(40, 1_999, true), 80, 'fast');
  t.equal(limitAfter(80, 1_999, true), 100, 'as long as can be');
  t.equal(limitAfter(40, 1_999, false), 40, 'fast, but short');
  t.equal(limitAfter(40, 2_000, true), 40, 'neither');
  t.equal(afterFailure(pace, false).limit, 20, 'none at all');
  t.equal(afterFailure({ ...pace, limit: 5 }, false).limit, 5);
});

t.test('slices are as wide as a few pages hold', async (t) => {
  t.equal(widthAfterSlice(60_000, { isWhole: true, readMs: 60_000, pages: 2 }), 120_000);
  t.equal(widthAfterSlice(60_000, { isWhole: true, readMs: 60_000, pages: 3 }), 60_000);
  t.equal(widthAfterSlice(60_000, { isWhole: false, readMs: 10_000, pages: 5 }), 8_000);
  t.equal(widthAfterSlice(Number.POSITIVE_INFINITY, { isWhole: false, readMs: 0, pages: 5 }), 1_000);
  t.equal(widthAfterSlice(2_000, { isWhole: true, readMs: 2_000, pages: 1, quietMs: hourMs }), hourMs / 2);
  t.equal(widthAfterSlice(2_000, { isWhole: true, readMs: 2_000, pages: 1, quietMs: 1_000 }), 1_000);
  t.equal(widthAfterFailure(60_000), 30_000);
  t.equal(widthAfterFailure(Number.POSITIVE_INFINITY), 900_000);
  t.equal(widthAfterFailure(1_500), 1_000);
});

t.test('a 429 halves the rate and takes the calls that are left; the rate recovers poll by poll', async (t) => {
  const limited = afterFailure(pace, true);
  t.match(limited, { calls: 0, callsPerMinute: 60, limit: 40 });
  let slow = limited;
  for (let again = 0; again < 9; again += 1) slow = afterFailure(slow, true);
  t.equal(slow.callsPerMinute, 20, 'never to nothing');
  const rates = [];
  for (let polls = 1; polls <= 30; polls += 1) {
    slow = atPoll(slow, 1_000);
    rates.push(slow.callsPerMinute);
  }
  t.equal(Math.round(rates[0] ?? 0), 22);
  t.ok((rates[24] ?? 0) < maxCallsPerMinute);
  t.equal(rates.at(-1), maxCallsPerMinute);
});
