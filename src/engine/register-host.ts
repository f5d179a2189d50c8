import type { Connection } from '../connection/connection.js';
import { ServiceError } from '../errors/service-error.js';
import { type Cursor, connectionPrefixOf } from './cursor.js';
import { keysOf } from './diff.js';
import type { EngineOptions } from './engine-options.js';
import type { LogState } from './event-store.js';
import type { EventFilter } from './events.js';
import { givenOf, maxGiven } from './given.js';
import { refuseIfRefused } from './key-refusal.js';
import type { NoteFrontier } from './note-frontier.js';
import type { PolledAccount } from './polled-account.js';
import { behindShown, shownOf } from './shown.js';

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
 * is dated up to an interval before the newest record may still come, if no poll has read it yet.
 * @param host.notes if the host waits for notes: those that are there
 * @throws {FirstPollElsewhereError} @throws {PagerDutyResponseError} if PagerDuty refuses the key
 */
export async function registerHost(
  account: PolledAccount,
  host: { readonly connection: Connection; readonly filter: EventFilter; readonly notes: NoteFrontier | undefined },
  options: EngineOptions,
): Promise<Cursor> {
  const { notes } = host;
  const first = await firstLog(account, options);
  if (account.log.snapshot === undefined) await account.log.sync(first.commitId);
  const baseline = await account.baseline.read(host.connection);
  const events = (baseline?.events ?? []).filter(({ atMs }) => atMs >= (baseline?.startMs ?? 0));
  const unlogged = await account.log.unlogged(events.flatMap(keysOf));
  const log = (await options.store.locate(account.connectionId)) ?? first;
  const header = account.log.headerOf(log);
  refuseIfRefused(header);
  const known = account.log.snapshot?.known ?? new Map();
  const newestMs = Math.max(baseline?.newestMs ?? 0, header.newestMs);
  const earliestMs = Math.max(baseline?.startMs ?? newestMs - options.pollIntervalMs, header.logStartMs);
  const { sinceMs, frontierMs, given } =
    notes === undefined
      ? behindShown({ earliestMs, newestMs }, shownOf(host.filter, { known, events, unlogged }))
      : behindNotes(notes, earliestMs);
  return {
    connectionPrefix: connectionPrefixOf(account.connectionId),
    accountHash: header.accountHash,
    position: log.head,
    sinceMs,
    frontierMs,
    issuedMs: options.clock.now(),
    given: given.map(({ key, atMs, isLogged }) => givenOf(key, atMs, !isLogged)),
  };
}

/** PagerDuty keeps notes: the host begins at the newest that is there. */
function behindNotes({ newestMs, newestKeys }: NoteFrontier, earliestMs: number) {
  const sinceMs = Math.max(newestMs ?? 0, earliestMs);
  const keys = newestMs === sinceMs ? newestKeys.slice(-maxGiven) : [];
  return { sinceMs, frontierMs: sinceMs, given: keys.map((key) => ({ key, atMs: sinceMs, isLogged: false })) };
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
