import { PagerDutyResponseError } from '../pagerduty/errors.js';
import { OvertakenError } from './intake.js';
import type { PollContext } from './poll-context.js';
import type { SnapshotHeader } from './snapshot.js';

/**
 * Nobody reads a log with a key that PagerDuty refuses. That PagerDuty refuses it is written into the log, so every
 * process knows it, and it stays there until PagerDuty answers the key again: a failure that says nothing of the key, or
 * a poll that is another process's, does not let it in.
 */

/** PagerDuty has answered the key. @throws {OvertakenError} @throws {StoreUnavailableError} */
export async function noteAnswer(context: PollContext): Promise<void> {
  if (!(await note(context, undefined))) throw new OvertakenError();
}

const refusals: ReadonlySet<number> = new Set([401, 402, 403]);

/**
 * A poll failed. A 403 for a part (the timeline, an incident, a closed hour) fails none: if one fails a poll, there was
 * nothing that the key may read.
 * @throws {StoreUnavailableError}
 */
export async function noteFailure(context: PollContext, failure: unknown): Promise<void> {
  if (!(failure instanceof PagerDutyResponseError)) return;
  // If somebody else has written meanwhile, the next poll is soon enough.
  if (refusals.has(failure.pagerDutyStatus)) await note(context, failure.pagerDutyStatus);
}

/** @throws {PagerDutyResponseError} if PagerDuty has refused the key, and not answered it since */
export function refuseIfRefused(header: SnapshotHeader | undefined): void {
  if (header?.refusedWith === undefined) return;
  throw new PagerDutyResponseError(header.refusedWith, { errors: [] }, undefined);
}

/** @returns false if somebody else has written meanwhile */
async function note({ log }: PollContext, refusedWith: number | undefined): Promise<boolean> {
  const { snapshot } = log;
  if (snapshot === undefined || snapshot.header.refusedWith === refusedWith) return true;
  return log.apply({ events: [], snapshot: { ...snapshot, header: { ...snapshot.header, refusedWith } } });
}
