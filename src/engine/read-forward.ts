import type { Connection } from '../connection/connection.js';
import { readShortEnough } from '../pagerduty/listing.js';
import { type ObservedEvent, startOfSecond, timeOf, timestamp } from './events.js';
import { afterShortened, widthAfterFailure, widthAfterSlice } from './pace.js';
import type { PollContext } from './poll-context.js';
import { sliceEnd } from './poll-state.js';
import { readAroundSecond } from './read-lists.js';
import { type ReadPage, readSlice } from './read-slice.js';
import { timelineEvents } from './read-timeline.js';

/** A slice of the timeline that was read to its end. */
export interface WholeSlice {
  readonly fromMs: number;
  /** Undefined: the present. */
  readonly untilMs: number | undefined;
  /** By the monotonic clock. */
  readonly beganAtMs: number;
  readonly events: readonly ObservedEvent[];
}

/** A part of the past that is read forward, in slices. */
export interface Stretch {
  readonly fromMs: number;
  /** Undefined: up to the present. */
  readonly endMs: number | undefined;
  /** How much of it the first slice takes. */
  readonly widthMs: number;
  /** How many calls are left to others; at the tip, which goes first, one slice is read in any case. */
  readonly keptCalls: number | undefined;
  /** Takes a slice into the log. @returns false to stop there */
  readonly take: (slice: WholeSlice) => Promise<boolean>;
  /** Hears how much the next slice is to take. */
  readonly keepWidth: (widthMs: number) => void;
}

/**
 * Reads a stretch of the timeline, slice by slice. What was taken before a failure stays taken.
 * @returns true if it was read to its end, false if a part is left to the next poll
 */
export async function readForward(context: PollContext, connection: Connection, stretch: Stretch): Promise<boolean> {
  const { endMs, keptCalls, take, keepWidth } = stretch;
  let { fromMs, widthMs } = stretch;
  const readPage = pageReader(context, connection);
  // Slices of the past tell nothing of the present, which must be known before they are read.
  if (endMs === undefined && Number.isFinite(widthMs)) await lookAhead(context, readPage, fromMs);
  /** A slice that was too long is read from here on, the newest entries first. */
  let fullFromMs = fromMs;
  for (let slices = 0; ; slices += 1) {
    const isFirstAtTip = keptCalls === undefined && slices === 0;
    if (!isFirstAtTip && context.state.pace.calls <= (keptCalls ?? 0)) {
      context.findings.hasMore = true;
      return false;
    }
    const beganAtMs = context.monotonicMs;
    const newestMs = context.state.evidence.timeline?.newestMs;
    const untilMs = sliceEnd(fromMs, widthMs, endMs ?? newestMs ?? context.presentMs) ?? endMs;
    const slice = { fromMs, untilMs };
    const read = await readSlice(slice, readPage).catch((error: unknown) => {
      keepWidth(widthAfterFailure(widthMs));
      throw error;
    });
    context.saw('timeline', read.newestMs, beganAtMs);
    const spanMs = (untilMs ?? read.newestMs ?? fromMs) - (read.isWhole ? fromMs : read.readFromMs);
    if (!read.isWhole) fullFromMs = read.readFromMs;
    const quietMs = read.entries.length === 0 ? fullFromMs - (untilMs ?? fullFromMs) : 0;
    widthMs = widthAfterSlice(widthMs, { isWhole: read.isWhole, readMs: spanMs, pages: read.pages, quietMs });
    keepWidth(widthMs);
    if (read.isWhole) {
      if (!context.notes.isEmpty) context.entries.push(...read.entries);
      const events = [...timelineEvents(read.entries, { withListKeys: context.header.listsMs !== undefined })];
      for (const secondMs of read.crowdedSecondsMs) events.push(...(await readAroundSecond(connection, secondMs)));
      if (!(await take({ fromMs, untilMs, beganAtMs, events }))) return false;
      if (untilMs === endMs) return true;
      fromMs = untilMs ?? fromMs;
    }
    await context.afterSlice();
  }
}

/** Sees the newest entry: one record, which even a PagerDuty that is slow with pages can give. */
async function lookAhead(context: PollContext, readPage: ReadPage, fromMs: number): Promise<void> {
  const beganAtMs = context.monotonicMs;
  const { page } = await readPage({ fromMs, untilMs: undefined, offset: 0, withTotal: false, maxItems: 1 });
  context.saw('timeline', timeOf(page.items[0]?.created_at), beganAtMs);
}

/** Reads pages of the timeline at the account's pace. */
export function pageReader(context: PollContext, connection: Connection): ReadPage {
  return async ({ fromMs, untilMs, offset, withTotal, maxItems }) => {
    const wanted = Math.min(context.state.pace.limit, maxItems);
    let beganAtMs = context.monotonicMs;
    const {
      page: answer,
      asked,
      calls,
    } = await readShortEnough(wanted, (limit) => {
      beganAtMs = context.monotonicMs;
      return connection.logEntries.list({
        since: fromMs === undefined ? undefined : timestamp(startOfSecond(fromMs)),
        until: untilMs === undefined ? undefined : timestamp(untilMs),
        offset,
        limit,
        total: withTotal,
      });
    });
    const { value: page, serverTimeMs } = answer;
    context.dated(serverTimeMs);
    const tookMs = context.monotonicMs - beganAtMs;
    const measured = { wanted, asked, calls, tookMs, received: page.received };
    context.state = { ...context.state, pace: afterShortened(context.state.pace, measured) };
    return { page, asked };
  };
}
