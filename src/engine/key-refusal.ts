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
  context.hasRead = true;
  if (!(await note(context, undefined))) throw new OvertakenError();
}

/** A poll failed. It says that the key is refused if PagerDuty would not read it anything. @throws {StoreUnavailableError} */
export async function noteFailure(context: PollContext, failure: unknown): Promise<void> {
  if (!(failure instanceof PagerDutyResponseError)) return;
  const { pagerDutyStatus: status } = failure;
  // A key that may read one thing and not another is not refused.
  const isRefused = status === 401 || (!context.hasRead && (status === 402 || status === 403));
  // If somebody else has written meanwhile, the next poll is soon enough.
  if (isRefused) await note(context, status);
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
