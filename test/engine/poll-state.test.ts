import t from 'tap';
import { maxCallsPerMinute } from '../../src/engine/pace.js';
import {
  afterRead,
  afterRefusal,
  afterSweep,
  afterTimeline,
  beginPoll,
  beginSweeps,
  initialPollState,
  isTimelineGone,
  type PollState,
  readToMs,
  requestBackfill,
  sliceEnd,
  tipStart,
} from '../../src/engine/poll-state.js';
import type { SnapshotHeader } from '../../src/engine/snapshot.js';

const startMs = Date.parse('2026-01-05T09:00:00Z');
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const retentionMs = 7 * dayMs;
const infinite = Number.POSITIVE_INFINITY;
const header: SnapshotHeader = {
  logStartMs: startMs - 30 * dayMs,
  timelineMs: startMs - 2 * minuteMs,
  source: 'timeline',
  newestMs: startMs,
};

/** After some polls, of which one saw a record of `startMs` at the monotonic clock's 0. */
function afterPolls(polls: number): PollState {
  const state = afterRead(initialPollState(0), { source: 'timeline', newestMs: startMs, monotonicMs: 0 });
  return { ...state, polls };
}

t.test('a slice ends at a whole second, or at the present', async (t) => {
  t.equal(sliceEnd(startMs, infinite, startMs + 5_000), undefined, 'all at once');
  t.equal(sliceEnd(startMs, 10_400, startMs + hourMs), startMs + 10_000);
  t.equal(sliceEnd(startMs + 300, 10_400, startMs + hourMs), startMs + 10_000);
  t.equal(sliceEnd(startMs, 10_000, startMs + 10_000), undefined, 'what ends at the present is open');
  t.equal(sliceEnd(startMs + 700, 1_000, startMs + hourMs), startMs + 1_700, 'a slice is a second or more');
});

t.test('how far a source has been read is bounded by what was seen of it, and by clocks', async (t) => {
  const state = afterPolls(1);
  t.equal(readToMs(state, 'timeline', 0, startMs + hourMs), startMs - 2 * minuteMs);
  t.equal(readToMs(state, 'timeline', minuteMs, startMs + hourMs), startMs - minuteMs);
  t.equal(readToMs(state, 'timeline', hourMs, startMs - hourMs), startMs - hourMs - 2 * minuteMs, 'a date ahead');
  t.equal(readToMs(state, 'lists', 0, startMs), Number.NEGATIVE_INFINITY, 'a source that has shown nothing');
});

t.test('the tip begins at the frontier', async (t) => {
  const state = { ...afterPolls(1), ownFrontierMs: startMs - hourMs };
  t.strictSame(tipStart(state, header, false), { fromMs: header.timelineMs, notes: 'from-entries' });
  const { timelineMs: _, ...listed } = header;
  const fromMs = startMs - 3 * minuteMs;
  t.equal(tipStart(state, { ...listed, listsMs: fromMs }, false).fromMs, fromMs);
  t.equal(tipStart(state, listed, false).fromMs, header.logStartMs);
});

t.test('what another replica has read is read again for the notes that this one watches', async (t) => {
  const frontierMs = header.timelineMs ?? 0;
  const from = (ownFrontierMs: number) => tipStart({ ...afterPolls(1), ownFrontierMs }, header, true);
  t.strictSame(from(infinite), { fromMs: frontierMs, notes: 'from-entries' }, 'a process that begins');
  t.strictSame(from(frontierMs), { fromMs: frontierMs, notes: 'from-entries' });
  const shortly = frontierMs - 15 * minuteMs;
  t.strictSame(from(shortly), { fromMs: shortly, notes: 'from-entries' });
  t.strictSame(from(shortly - 1), { fromMs: frontierMs, notes: 'all' }, 'too much');
});

const sweepsOf = (state: PollState, monotonicMs: number, of = header) =>
  beginSweeps(state, of, { source: 'timeline', monotonicMs, retentionMs }).sweeps;
const sweepFrom = (readToMs: number) => ({ readToMs, untilMs: header.timelineMs, widthMs: infinite });

t.test('sweeps go deeper the rarer they are', async (t) => {
  t.strictSame(sweepsOf(afterPolls(4), 0), [undefined, undefined, undefined]);
  const quarter = sweepFrom(startMs - 15 * minuteMs);
  t.strictSame(sweepsOf(afterPolls(5), 0), [quarter, undefined, undefined]);
  const hours = sweepFrom(startMs - 3 * hourMs);
  t.strictSame(sweepsOf(afterPolls(20), 0), [quarter, hours, undefined]);
  const late = { ...header, logStartMs: startMs - hourMs };
  t.strictSame(sweepsOf(afterPolls(20), 0, late)[1], sweepFrom(late.logStartMs), 'not before the log begins');
});

t.test('a sweep that is under way goes on', async (t) => {
  const running = { readToMs: startMs - 9 * minuteMs, untilMs: startMs - minuteMs, widthMs: minuteMs };
  const state = afterSweep({ ...afterPolls(5), sweeps: [undefined, undefined, undefined] }, 0, running);
  t.equal(sweepsOf(state, 0)[0], running);
  t.equal(sweepsOf({ ...state, polls: 6 }, 0)[0], running);
});

t.test('sweeps have nothing to do once it has been quiet for long enough', async (t) => {
  t.equal(sweepsOf(afterPolls(20), 12 * minuteMs)[0]?.readToMs, startMs - 3 * minuteMs);
  t.equal(sweepsOf(afterPolls(20), 13 * minuteMs)[0], undefined);
  t.ok(sweepsOf(afterPolls(20), 13 * minuteMs)[1]);
});

t.test('a process that has seen nothing goes by what others have seen', async (t) => {
  const due = { source: 'timeline', retentionMs } as const;
  const begun = beginSweeps({ ...initialPollState(0), polls: 20 }, header, { ...due, monotonicMs: 0 });
  t.strictSame(begun.sweeps[1], sweepFrom(startMs - 3 * hourMs));
  const quiet = beginSweeps({ ...begun, sweeps: [] }, header, { ...due, monotonicMs: 3 * hourMs });
  t.strictSame(quiet.sweeps.slice(0, 2), [undefined, undefined], 'and comes to an end, too');
  const empty = { ...header, newestMs: header.logStartMs };
  t.strictSame(sweepsOf({ ...initialPollState(0), polls: 20 }, 0, empty), [], 'but there may be nothing');
});

t.test('the whole retention is swept an hour after the start, and then once a day', async (t) => {
  const due = { source: 'timeline', retentionMs } as const;
  let state = afterPolls(1);
  const isFull = (monotonicMs: number) => {
    state = afterRead(state, { source: 'timeline', newestMs: startMs + monotonicMs, monotonicMs });
    state = beginSweeps(
      state,
      { ...header, timelineMs: startMs + monotonicMs - 2 * minuteMs },
      { ...due, monotonicMs },
    );
    const full = state.sweeps[2];
    if (full === undefined) return false;
    t.equal(full.readToMs, startMs + monotonicMs - retentionMs);
    state = afterSweep(state, 2, undefined);
    return true;
  };
  t.strictSame([hourMs - 1, hourMs, hourMs + minuteMs, hourMs + dayMs - 1, hourMs + dayMs].map(isFull), [
    false,
    true,
    false,
    false,
    true,
  ]);
});

t.test('a refused timeline is tried again after longer and longer, up to an hour', async (t) => {
  let state = initialPollState(0);
  const waits = Array.from({ length: 9 }, () => {
    state = afterRefusal(state, 1_000, 30_000);
    return (state.timelineRetryAtMs - 1_000) / 30_000;
  });
  t.strictSame(waits, [0.5, 1.5, 3.5, 7.5, 15.5, 31.5, 63.5, 120, 120]);
  t.match(afterTimeline(state), { refusals: 0, timelineRetryAtMs: 0 }, 'and has answered then');
});

t.test('nobody expects a timeline back that has been refused for a day', async (t) => {
  const once = afterRefusal(initialPollState(0), 1_000, 30_000);
  const again = afterRefusal(once, hourMs, 30_000);
  t.notOk(isTimelineGone(again, 1_000 + dayMs));
  t.ok(isTimelineGone(again, 1_001 + dayMs), 'a day since the first refusal');
  t.notOk(isTimelineGone(afterTimeline(again), 1_001 + dayMs));
  const later = afterRefusal(afterTimeline(again), dayMs, 30_000);
  t.notOk(isTimelineGone(later, dayMs + hourMs), 'a day of the latest refusals');
});

t.test('a poll counts, and takes the calls that time has brought', async (t) => {
  const state = initialPollState(0);
  const poor = { ...state, pace: { ...state.pace, calls: 0 } };
  t.match(beginPoll(poor, 6_000), { polls: 1, pace: { calls: maxCallsPerMinute / 10 } });
});

t.test('the log is read back to the time from which the first of the hosts needs it', async (t) => {
  const state = requestBackfill(requestBackfill(initialPollState(0), 5_000), 9_000);
  t.equal(state.backfillRequestMs, 5_000);
});
