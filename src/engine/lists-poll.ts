import type { Connection } from '../connection/connection.js';
import { Frontier } from './frontier.js';
import { takeIn } from './intake.js';
import type { PollContext } from './poll-context.js';
import { beginSweeps, isTimelineGone } from './poll-state.js';
import { readLists } from './read-lists.js';

const source = 'lists';
/** What the timeline has told before its frontier, and up to this behind it, is told under names that the lists do not know. */
const timelineOverlapMs = 300_000;

/**
 * Reads the incident lists, for a key that may not read the timeline: now and then deeper, for what was listed late. The
 * frontier of the timeline stays as it is, and from then on it is read as soon as PagerDuty allows it again.
 */
export async function pollLists(context: PollContext, connection: Connection): Promise<void> {
  const { header, log, monotonicMs: beganAtMs, options } = context;
  const { listsMs, logStartMs, timelineMs } = header;
  // What the timeline told since the lists were read last has other names there, and they would tell it again.
  const fromMs = Math.max(listsMs ?? timelineMs ?? logStartMs, timelineMs ?? Number.NEGATIVE_INFINITY);
  const requestedMs = Math.min(context.state.backfillRequestMs, header.backfill?.fromMs ?? Number.POSITIVE_INFINITY);
  const isBackfill = requestedMs < log.startMs;
  const sweptFromMs = timelineMs === undefined ? log.startMs : Math.max(log.startMs, timelineMs + timelineOverlapMs);
  const sweepable = { ...header, timelineMs: undefined, logStartMs: sweptFromMs };
  const due = { source, monotonicMs: beganAtMs, retentionMs: options.retentionMs } as const;
  const { sweeps, ...state } = beginSweeps(context.state, sweepable, due);
  context.state = { ...state, sweeps: [] };
  const sinceMs = Math.min(
    fromMs,
    isBackfill ? requestedMs : fromMs,
    ...sweeps.map((sweep) => sweep?.readToMs ?? fromMs),
  );
  const read = await readLists(connection, sinceMs);
  context.dated(read.dateMs);
  context.saw(source, read.newestMs, beganAtMs);
  const readToMs = context.readToMs(source, beganAtMs);
  const events = read.events.filter(({ atMs }) => atMs >= sinceMs);
  await takeIn(context, connection, events, {
    source,
    fromMs: isBackfill ? requestedMs : log.startMs,
    advance: (before) => ({
      ...before,
      source,
      listsMs: Frontier.at(fromMs).afterSlice({ fromMs, readToMs }).ms,
      timelineMs: isTimelineGone(context.state, beganAtMs) ? undefined : before.timelineMs,
      backfill: undefined,
      logStartMs: isBackfill ? requestedMs : before.logStartMs,
    }),
  });
  context.state = { ...context.state, backfillRequestMs: Number.POSITIVE_INFINITY };
  context.presentReadAtMs = beganAtMs;
}
