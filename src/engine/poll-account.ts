import type { Connection } from '../connection/connection.js';
import { PagerDutyResponseError } from '../pagerduty/errors.js';
import { beginLog } from './begin-log.js';
import { checkHour } from './canary.js';
import type { PollFindings } from './engine-options.js';
import { OvertakenError, takeIn } from './intake.js';
import { noteAnswer } from './key-refusal.js';
import { pollLists } from './lists-poll.js';
import { afterFailure } from './pace.js';
import type { PollContext } from './poll-context.js';
import { afterRefusal, afterTimeline, beginPoll } from './poll-state.js';
import { pollTimeline } from './timeline-poll.js';

/** The canary takes up to five. */
const minCallsForCanary = 20;

/**
 * Polls an account once: its timeline, which tells everything, or the incident lists if the key may not read the timeline.
 * What was taken into the log before a failure stays there.
 * @throws {PagerDutyResponseError} and the other errors of a call
 * @throws {StoreUnavailableError}
 */
export async function pollAccount(context: PollContext, connection: Connection): Promise<PollFindings> {
  context.begin();
  context.state = beginPoll(context.state, context.monotonicMs);
  try {
    const notes = (await throughTimeline(context, connection)) ?? (await throughLists(context, connection));
    await noteAnswer(context);
    await readNotes(context, connection, notes);
    await compareHour(context, connection);
  } catch (error) {
    if (error instanceof OvertakenError) return context.findings;
    const isRateLimited = error instanceof PagerDutyResponseError && error.pagerDutyStatus === 429;
    context.state = { ...context.state, pace: afterFailure(context.state.pace, isRateLimited) };
    throw error;
  }
  return context.findings;
}

/** @returns which notes to read; undefined if the key may not read the timeline */
async function throughTimeline(context: PollContext, connection: Connection) {
  if (context.monotonicMs < context.state.timelineRetryAtMs) return undefined;
  try {
    const isNew = context.log.snapshot === undefined;
    const isBehind = !isNew || (await beginLog(context, connection, 'timeline'));
    const notes = isBehind ? await pollTimeline(context, connection) : 'from-entries';
    context.state = afterTimeline(context.state);
    return notes;
  } catch (error) {
    if (!(error instanceof PagerDutyResponseError) || error.pagerDutyStatus !== 403) throw error;
    context.state = afterRefusal(context.state, context.monotonicMs, context.options.pollIntervalMs);
    return undefined;
  }
}

async function throughLists(context: PollContext, connection: Connection): Promise<'all'> {
  const isNew = context.log.snapshot === undefined;
  if (!isNew || (await beginLog(context, connection, 'lists'))) await pollLists(context, connection);
  return 'all';
}

/** Compares a closed hour with PagerDuty's list of incidents, if nothing else is to be read. */
async function compareHour(context: PollContext, connection: Connection): Promise<void> {
  const { header, log, monotonicMs, options, state } = context;
  if (context.findings.hasMore || state.pace.calls < minCallsForCanary) return;
  if (!Number.isFinite(context.presentReadAtMs)) return;
  const seen = state.evidence[header.source];
  const step = await checkHour(connection, context.canary, {
    // What has been read up to the present reaches as far as time has gone on since the newest of it.
    readToMs:
      seen === undefined ? header.newestMs : seen.newestMs + Math.floor(context.presentReadAtMs - seen.seenAtMs),
    logStartMs: log.startMs,
    retentionMs: options.retentionMs,
    nowMs: monotonicMs,
    unlogged: (keys) => log.unlogged(keys),
  });
  context.canary = step.stateIfLost;
  if (step.missing.length > 0) {
    const reading = { source: header.source, isLate: true };
    await takeIn(context, connection, step.missing, { ...reading, advance: (before) => before });
  }
  context.canary = step.state;
  if (step.check !== undefined) options.observer.canary({ connectionId: connection.id, ...step.check });
}

async function readNotes(context: PollContext, connection: Connection, mode: 'all' | 'from-entries'): Promise<void> {
  const { entries, header, notes, options } = context;
  const toRead = mode === 'all' ? { mode } : { mode, entries: entries.map(({ entry }) => entry) };
  // Half of the retention: a clock that was wrong may have trimmed too early.
  const keptFromMs = Math.max(header.newestMs, options.clock.now()) - options.retentionMs / 2;
  const { events, failed } = await notes.read(connection, toRead, { nowMs: header.newestMs, keptFromMs });
  context.findings.failedNotes = failed;
  if (events.length === 0) return;
  let isLogged = false;
  try {
    // A note goes into the log whatever its age: it is due since a host waits for it. Both sources name it by its id.
    const reading = { source: 'timeline', fromMs: 0 } as const;
    await takeIn(context, connection, events, { ...reading, advance: (header) => header });
    isLogged = true;
  } finally {
    notes.settle(events, isLogged);
  }
}
