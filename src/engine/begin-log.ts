import type { Connection } from '../connection/connection.js';
import { firstOfEachKey, knownAfter, loggedEvent } from './diff.js';
import { type ObservedEvent, type Source, startOfSecond, timeOf } from './events.js';
import { OvertakenError } from './intake.js';
import type { PollContext } from './poll-context.js';
import { pageReader } from './read-forward.js';
import { readLists } from './read-lists.js';
import { readSlice } from './read-slice.js';
import { timelineEvents } from './read-timeline.js';
import { accountHashOf } from './snapshot.js';

/** Without any record to go by, a log begins this long before what clocks say: they may be wrong. */
const clockDoubtMs = 3_600_000;

/** If there is more than this, the log begins behind what is beyond it: whole seconds, by what records say, not clocks. */
const maxBaselineEvents = 500;

/** What PagerDuty shows already, when a log begins or a host registers. */
export interface Baseline {
  /** From here on `events` is all of it: one interval before the newest, or later if that is too much. */
  readonly startMs: number;
  readonly newestMs: number;
  readonly events: readonly ObservedEvent[];
}

/**
 * Begins the log of an account: at the time from which a host needs it, or one interval before the newest of what is
 * there. What is there goes into it, before the position of any host that registers: only one that comes from another
 * log gets it.
 * @returns true if there is something to read: what is there was not, since a host needs it
 * @throws {OvertakenError}
 */
export async function beginLog(context: PollContext, connection: Connection, source: Source): Promise<boolean> {
  const beganAtMs = context.monotonicMs;
  const { backfillRequestMs } = context.state;
  const isRequested = Number.isFinite(backfillRequestMs);
  const { startMs, newestMs, events } = isRequested
    ? { startMs: backfillRequestMs, newestMs: backfillRequestMs, events: [] }
    : await readBaseline(context, connection, source);
  const header = {
    logStartMs: startMs,
    source,
    newestMs,
    accountHash: accountHashOf(events.map(({ payload }) => payload)),
    ...(source === 'timeline' ? { timelineMs: startMs } : { listsMs: startMs }),
  };
  const inLog = [...firstOfEachKey(events)].filter(({ atMs }) => atMs >= startMs).sort((a, b) => a.atMs - b.atMs);
  const completed = await context.missing.complete(connection, inLog);
  const snapshot = { header, known: knownAfter(new Map(), { observed: completed.events, source, header }) };
  if (!(await context.log.apply({ events: completed.events.map(loggedEvent), snapshot }))) throw new OvertakenError();
  context.state = { ...context.state, backfillRequestMs: Number.POSITIVE_INFINITY };
  // What is held is not in the log yet: who registers now has to be shown it.
  if (!isRequested && completed.held.size === 0) context.presentReadAtMs = beganAtMs;
  return isRequested;
}

/** Reads what PagerDuty shows now. @throws {PagerDutyResponseError} and the other errors of a call */
export async function readBaseline(context: PollContext, connection: Connection, source: Source): Promise<Baseline> {
  const shown = await (source === 'timeline' ? baselineOfTimeline : baselineOfLists)(context, connection);
  const newestFirst = shown.events.filter(({ atMs }) => atMs >= shown.startMs).sort((a, b) => b.atMs - a.atMs);
  const beyondMs = newestFirst[maxBaselineEvents]?.atMs;
  if (beyondMs === undefined) return shown;
  const startMs = startOfSecond(beyondMs) + 1_000;
  return { ...shown, startMs, events: newestFirst.filter(({ atMs }) => atMs >= startMs) };
}

async function baselineOfTimeline(context: PollContext, connection: Connection): Promise<Baseline> {
  const beganAtMs = context.monotonicMs;
  const readPage = pageReader(context, connection);
  const first = await readPage({ fromMs: undefined, untilMs: undefined, offset: 0, withTotal: false, maxItems: 100 });
  const times = first.page.items.flatMap(({ created_at }) => timeOf(created_at) ?? []);
  // A page without any record that says there are more has broken off: a slice is read in a way that copes with that.
  const isBroken = times.length === 0 && first.page.more;
  const slice = { fromMs: doubtfulMs(context), untilMs: undefined };
  const again = isBroken ? await readSlice(slice, readPage, { takesPart: true }) : undefined;
  const shownMs = times.length > 0 ? Math.max(...times) : again?.newestMs;
  if (shownMs === undefined) return nothingThere(context);
  const newestMs = Math.min(shownMs, context.presentMs);
  const fromMs = newestMs - context.options.pollIntervalMs;
  // The first page is enough, if it reaches so far back; else the slice is read as any other.
  const isEnough = !first.page.more || Math.min(...times) < fromMs;
  const read =
    again ??
    (await readSlice(
      { fromMs, untilMs: undefined },
      isEnough ? async () => ({ ...first, page: { ...first.page, more: false } }) : readPage,
      { takesPart: true },
    ));
  context.saw('timeline', read.newestMs, beganAtMs);
  const withListKeys = context.log.snapshot?.header.listsMs !== undefined;
  // If that is too much to know by heart, the log begins later.
  const startMs = read.isWhole ? fromMs : Math.max(fromMs, Math.ceil(read.readFromMs / 1000) * 1000);
  return { startMs, newestMs, events: timelineEvents(read.entries, { withListKeys }) };
}

async function baselineOfLists(context: PollContext, connection: Connection): Promise<Baseline> {
  const beganAtMs = context.monotonicMs;
  const { events, newestMs, dateMs } = await readLists(connection, doubtfulMs(context));
  context.dated(dateMs);
  if (newestMs === undefined) return nothingThere(context);
  context.saw('lists', newestMs, beganAtMs);
  const boundedMs = Math.min(newestMs, context.presentMs);
  return { startMs: boundedMs - context.options.pollIntervalMs, newestMs: boundedMs, events };
}

function nothingThere(context: PollContext): Baseline {
  const startMs = doubtfulMs(context);
  return { startMs, newestMs: startMs, events: [] };
}

function doubtfulMs({ findings: { dateMs }, options: { clock } }: PollContext): number {
  return Math.min(clock.now(), dateMs ?? Number.POSITIVE_INFINITY) - clockDoubtMs;
}
