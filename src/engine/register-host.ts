import { ServiceError } from '../errors/service-error.js';
import type { Cursor } from './cursor.js';
import type { EngineOptions } from './engine-options.js';
import type { LogState } from './event-store.js';
import type { PolledAccount } from './polled-account.js';

/** How long a host that comes first waits for the first poll of another process, and how often it looks. */
const maxFirstPollWaitMs = 5_000;
const firstPollCheckMs = 250;

/** Another replica has taken the first poll of a connection, and there is no log yet in which a host could stand. */
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
 * Gives the cursor of a host that comes for the first time, or starts again: it gets what happens from now on, and what
 * happened in the interval before.
 * @throws {FirstPollElsewhereError}
 */
export async function registerHost(account: PolledAccount, options: EngineOptions): Promise<Cursor> {
  const log = await firstLog(account, options);
  const header = account.log.headerOf(log);
  const sinceMs = Math.max(account.serverNowMs(header) - options.pollIntervalMs, header.logStartMs);
  return { connectionId: account.connectionId, position: log.head, sinceMs, watermarkMs: sinceMs };
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
