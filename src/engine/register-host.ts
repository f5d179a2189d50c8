import { ServiceError } from '../errors/service-error.js';
import type { AccountLog } from './account-log.js';
import { type Cursor, connectionPrefix, hashOf, maxGiven } from './cursor.js';
import type { EngineOptions } from './engine-options.js';
import type { LogState } from './event-store.js';
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
 * @param notes if the host waits for notes: those that are there
 * @throws {FirstPollElsewhereError}
 */
export async function registerHost(
  account: PolledAccount,
  options: EngineOptions,
  notes: NoteFrontier | undefined,
): Promise<Cursor> {
  const log = await firstLog(account, options);
  const header = account.log.headerOf(log);
  const earliestMs = Math.max(header.newestMs - options.pollIntervalMs, header.logStartMs);
  const { sinceMs, given, newestGivenMs } =
    notes === undefined ? behindBaseline(account.log, earliestMs) : behindNotes(notes, earliestMs);
  return {
    connection: connectionPrefix(account.connectionId),
    accountMark: header.accountMark,
    position: log.head,
    sinceMs,
    frontierMs: sinceMs,
    issuedMs: options.clock.now(),
    given: given.map(hashOf),
    newestGivenMs,
  };
}

/**
 * What the first poll saw is not in the log, and comes there if the log is read back: the host is not to get it. If that
 * is more than a state can say, the host begins behind it.
 */
function behindBaseline(log: AccountLog, earliestMs: number) {
  const baseline = [...(log.snapshot?.known ?? [])]
    .filter(([, { isBaseline, atMs }]) => isBaseline && atMs >= earliestMs)
    .sort(([, a], [, b]) => b.atMs - a.atMs);
  const beyond = baseline[maxGiven];
  const sinceMs = beyond === undefined ? earliestMs : beyond[1].atMs + 1;
  const given = baseline.filter(([, { atMs }]) => atMs >= sinceMs);
  return { sinceMs, given: given.map(([key]) => key), newestGivenMs: given[0]?.[1].atMs ?? 0 };
}

/** PagerDuty keeps notes: the host begins at the newest that is there. */
function behindNotes({ newestMs, newestKeys }: NoteFrontier, earliestMs: number) {
  const sinceMs = Math.max(newestMs ?? 0, earliestMs);
  return { sinceMs, given: newestMs === sinceMs ? newestKeys.slice(-maxGiven) : [], newestGivenMs: newestMs ?? 0 };
}

/** The account's log, which another process may be about to begin. */
async function firstLog(account: PolledAccount, { clock, store }: EngineOptions): Promise<LogState> {
  for (let waitedMs = 0; ; waitedMs += firstPollCheckMs) {
    const log = await store.locate(account.connectionId);
    if (log !== undefined) return log;
    if (waitedMs >= maxFirstPollWaitMs) throw new FirstPollElsewhereError(account.nextPollInMs);
    await clock.sleep(firstPollCheckMs);
  }
}
