import t from 'tap';
import { allowedLatenessMs } from '../../src/engine/diff.js';
import {
  afterCommit,
  afterRead,
  initialPollState,
  notesToRead,
  type PollPlan,
  type PollState,
  planPoll,
  requestBackfill,
} from '../../src/engine/plan-poll.js';
import type { SnapshotHeader } from '../../src/engine/snapshot.js';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const nowMs = 1_000 * hourMs;
const retentionMs = 168 * hourMs;
const header: SnapshotHeader = {
  logStartMs: nowMs - 10 * hourMs,
  watermarkMs: nowMs - 5 * minuteMs,
  source: 'timeline',
};
/** A process that has polled alone, and has just done so. */
const state: PollState = { ...initialPollState, serverAheadMs: 0, ownWatermarkMs: header.watermarkMs };

const cases: readonly {
  readonly name: string;
  readonly state?: Partial<PollState>;
  readonly header?: SnapshotHeader | undefined;
  readonly hasWatchedNotes?: boolean;
  readonly plan: Partial<PollPlan>;
}[] = [
  {
    name: 'the first poll of an account',
    state: initialPollState,
    header: undefined,
    plan: { sinceMs: nowMs - allowedLatenessMs, backfillToMs: undefined, tryTimeline: true, notes: 'from-entries' },
  },
  {
    name: 'the first poll of a process, by the clock that another one has learned of',
    state: initialPollState,
    header: { ...header, serverAheadMs: 7_000 },
    plan: { serverNowMs: nowMs + 7_000, oldestMs: nowMs + 7_000 - retentionMs, sinceMs: header.watermarkMs },
  },
  { name: 'the usual poll', plan: { sinceMs: header.watermarkMs, backfillToMs: undefined, notes: 'from-entries' } },
  {
    name: 'PagerDuty’s clock is ahead',
    state: { serverAheadMs: 5_000 },
    plan: { serverNowMs: nowMs + 5_000, oldestMs: nowMs + 5_000 - retentionMs },
  },
  {
    name: 'a watermark older than what is kept',
    header: { ...header, logStartMs: 0, watermarkMs: 1 },
    plan: { sinceMs: nowMs - retentionMs, oldestMs: nowMs - retentionMs },
  },
  {
    name: 'a host needs more than the log has',
    state: { backfillRequestMs: nowMs - 20 * hourMs },
    plan: { sinceMs: nowMs - 20 * hourMs, backfillToMs: nowMs - 20 * hourMs, backfillRequestMs: nowMs - 20 * hourMs },
  },
  {
    name: 'a host needs what the log has',
    state: { backfillRequestMs: nowMs - 9 * hourMs },
    plan: { sinceMs: header.watermarkMs, backfillToMs: undefined, backfillRequestMs: nowMs - 9 * hourMs },
  },
  {
    name: 'a host needs more than is kept',
    state: { backfillRequestMs: 0 },
    plan: { sinceMs: nowMs - retentionMs, backfillToMs: nowMs - retentionMs, backfillRequestMs: 0 },
  },
  {
    name: 'a host needs something, and there is no log',
    state: { ...initialPollState, backfillRequestMs: nowMs - hourMs },
    header: undefined,
    plan: { sinceMs: nowMs - hourMs, backfillToMs: nowMs - hourMs },
  },
  {
    name: 'another process has polled since, and no notes are watched here',
    state: { ownWatermarkMs: header.watermarkMs - 10 * minuteMs },
    plan: { sinceMs: header.watermarkMs, notes: 'from-entries' },
  },
  {
    name: 'another process has polled since, past entries about notes that are watched here',
    state: { ownWatermarkMs: header.watermarkMs - 10 * minuteMs },
    hasWatchedNotes: true,
    plan: { sinceMs: header.watermarkMs - 10 * minuteMs, notes: 'from-entries' },
  },
  {
    name: 'other processes have polled for so long that the watched notes are cheaper to read than the entries',
    state: { ownWatermarkMs: header.watermarkMs - 15 * minuteMs - 1 },
    hasWatchedNotes: true,
    plan: { sinceMs: header.watermarkMs, notes: 'all' },
  },
  {
    name: 'PagerDuty refused the timeline lately',
    state: { timelineRefusedAtMs: nowMs - hourMs + 1 },
    plan: { tryTimeline: false },
  },
  {
    name: 'PagerDuty refused the timeline an hour ago',
    state: { timelineRefusedAtMs: nowMs - hourMs },
    plan: { tryTimeline: true },
  },
];

for (const { name, plan, hasWatchedNotes = false, ...one } of cases) {
  t.test(`a plan: ${name}`, async (t) => {
    const input = { nowMs, header: 'header' in one ? one.header : header, hasWatchedNotes, retentionMs };
    const made = planPoll({ ...state, ...one.state }, input);
    t.strictSame({ ...made, ...plan }, made);
  });
}

t.test('the watched notes to read', async (t) => {
  const plan = planPoll(state, { nowMs, header, hasWatchedNotes: true, retentionMs });
  const read = { events: [], serverTimeMs: nowMs, isTimelineRefused: false };
  const timeline = { ...read, source: 'timeline', entries: [] } as const;
  t.strictSame(notesToRead(plan, timeline), { mode: 'from-entries', entries: [] });
  t.strictSame(notesToRead({ ...plan, notes: 'all' }, timeline), { mode: 'all' }, 'whatever the entries say');
  t.strictSame(notesToRead(plan, { ...read, source: 'lists' }), { mode: 'all' }, 'there are no entries to go by');
});

t.test('what is read is known of PagerDuty at once, and of the log once it is committed', async (t) => {
  const requested = requestBackfill(requestBackfill(state, 500), 900);
  t.equal(requested.backfillRequestMs, 500, 'the oldest of them counts');
  const plan = planPoll(requested, { nowMs, header, hasWatchedNotes: false, retentionMs });
  const serverTimeMs = nowMs + 3_000;
  const read = afterRead(requested, { serverTimeMs, isTimelineRefused: true }, nowMs);
  t.strictSame(read, { ...requested, serverAheadMs: 3_000, timelineRefusedAtMs: nowMs });
  t.equal(afterRead(read, { serverTimeMs, isTimelineRefused: false }, nowMs + 1).timelineRefusedAtMs, nowMs);
  const ownWatermarkMs = serverTimeMs - allowedLatenessMs;
  const { backfillRequestMs } = initialPollState;
  const committed = afterCommit(read, { plan, serverTimeMs, outcome: 'committed' });
  t.strictSame(committed, { ...read, ownWatermarkMs, backfillRequestMs });
  const overtaken = afterCommit(read, { plan, serverTimeMs, outcome: 'overtaken' });
  t.strictSame(overtaken, { ...read, ownWatermarkMs }, 'the other process has not read back');
  const late = afterCommit(requestBackfill(read, 400), { plan, serverTimeMs, outcome: 'committed' });
  t.equal(late.backfillRequestMs, 400, 'a request that came meanwhile is left to the next poll');
});
