import type { Connection } from '../connection/connection.js';
import { ServiceError } from '../errors/service-error.js';
import type { Baseline } from './begin-log.js';
import { type Cursor, connectionPrefix, hashOf, maxGiven } from './cursor.js';
import { keysOf } from './diff.js';
import type { EngineOptions } from './engine-options.js';
import type { LogState } from './event-store.js';
import type { EventFilter, ObservedEvent } from './events.js';
import type { NoteFrontier } from './note-frontier.js';
import type { PolledAccount } from './polled-account.js';

/** How long a host that comes first waits for the first poll of another process, and how often it looks. */
const maxFirstPollWaitMs = 5_000;
const firstPollCheckMs = 250;

/** There is no log yet in which a host could stand: the first poll of the connection is another process's, or takes long. */
export class FirstPollElsewhereError extends ServiceError {
  constructor(retryAfterMs: number) {
    super({
      code: 'trigger_not_ready',
      statusCode: 503,
      message:
        'The first poll of PagerDuty for this connection has not ended yet, so the trigger could not be registered. Poll again after Retry-After.',
      retryAfterMs,
    });
  }
}

/**
 * Gives the cursor of a host that comes for the first time, or starts again: it gets what is recorded from now on. What
 * is dated up to an interval before the newest record may still come, if PagerDuty has not shown it yet.
 * @param host.notes if the host waits for notes: those that are there
 * @throws {FirstPollElsewhereError}
 */
export async function registerHost(
  account: PolledAccount,
  host: { readonly connection: Connection; readonly filter: EventFilter; readonly notes: NoteFrontier | undefined },
  options: EngineOptions,
): Promise<Cursor> {
  const { notes } = host;
  const log = await firstLog(account, options);
  if (account.log.snapshot === undefined) await account.log.sync(log.commitId);
  const baseline = await account.baseline(host.connection);
  const header = account.log.headerOf(log);
  const earliestMs = Math.max(baseline?.startMs ?? header.newestMs - options.pollIntervalMs, header.logStartMs);
  const shown = notes === undefined ? shownSince(earliestMs, baseline, host.filter) : undefined;
  const { sinceMs, frontierMs, given, newestGivenMs } = shown ?? behindNotes(notes, earliestMs);
  return {
    connection: connectionPrefix(account.connectionId),
    accountMark: header.accountMark,
    position: log.head,
    sinceMs,
    frontierMs,
    issuedMs: options.clock.now(),
    given: given.map(hashOf),
    newestGivenMs,
  };
}

/**
 * What the host is not to get, although it comes into the log later: what PagerDuty shows, and no poll has read. If that
 * is more than a state can say, the host begins in the second of the latest that it does not say: what comes next may be
 * dated to the same one.
 */
function shownSince(earliestMs: number, baseline: Baseline | undefined, filter: EventFilter) {
  const isWanted = ({ kind, subject }: ObservedEvent) =>
    kind === filter.kind && (filter.subject === undefined || filter.subject === subject);
  const now = (baseline?.events ?? [])
    .filter(isWanted)
    .flatMap((event) => keysOf(event).map((key) => [key, event] as const));
  const shown = [...new Map<string, { readonly atMs: number }>(now)]
    .filter(([, { atMs }]) => atMs >= earliestMs)
    .sort(([, a], [, b]) => b.atMs - a.atMs);
  const beyond = shown[maxGiven];
  const sinceMs = beyond === undefined ? earliestMs : beyond[1].atMs;
  // In another log nothing tells what came next from what was there.
  const frontierMs = beyond === undefined ? sinceMs : sinceMs + 1;
  const given = shown.slice(0, maxGiven);
  return { sinceMs, frontierMs, given: given.map(([key]) => key), newestGivenMs: given[0]?.[1].atMs ?? 0 };
}

/** PagerDuty keeps notes: the host begins at the newest that is there. */
function behindNotes(notes: NoteFrontier | undefined, earliestMs: number) {
  const { newestMs, newestKeys = [] } = notes ?? {};
  const sinceMs = Math.max(newestMs ?? 0, earliestMs);
  const given = newestMs === sinceMs ? newestKeys.slice(-maxGiven) : [];
  return { sinceMs, frontierMs: sinceMs, given, newestGivenMs: newestMs ?? 0 };
}

/**
 * The account's log, which another process may be about to begin.
 * @throws {FirstPollElsewhereError}
 */
export async function firstLog(account: PolledAccount, { clock, store }: EngineOptions): Promise<LogState> {
  for (let waitedMs = 0; ; waitedMs += firstPollCheckMs) {
    const log = await store.locate(account.connectionId);
    if (log !== undefined) return log;
    if (waitedMs >= maxFirstPollWaitMs) throw new FirstPollElsewhereError(account.nextPollInMs);
    await clock.sleep(firstPollCheckMs);
  }
}
