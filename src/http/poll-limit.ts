import type { FastifyReply } from 'fastify';
import type { PollBudget } from '../connection/poll-budget.js';
import type { PollAnswer } from '../engine/engine.js';
import type { Metrics } from '../telemetry/metrics.js';
import { answerTooMany } from './rate-limit.js';

/** Nobody knows when a caller will read. */
const unreadRetryMs = 1_000;

/**
 * Takes one poll of a connection.
 * @returns whether there was one; if not, the request was answered with 429
 */
export function admitPoll(budget: PollBudget, reply: FastifyReply, metrics: Metrics): boolean {
  const retryAfterMs = budget.takePoll();
  if (retryAfterMs === 0) return true;
  refuse(reply, metrics, {
    reason: 'too_many',
    retryAfterMs,
    message:
      'The connection polls too often: expected the next poll after the time in Retry-After, got one sooner. Poll as seldom as Retry-After says, or use a second API key for some of the flows.',
  });
  return false;
}

/**
 * Polls, and gives an answer for which there is room: a page is held until its caller has read it, and a connection has
 * room for a few. If it has none, what was read is let go, and read again as soon as there is: a poll changes nothing.
 * @returns undefined if there was no room in time, and the request was answered with 429
 */
export async function answerWithin(
  budget: PollBudget,
  poll: () => Promise<PollAnswer>,
  reply: FastifyReply,
  metrics: Metrics,
): Promise<PollAnswer | undefined> {
  const answer = await poll();
  if (answer.payloads.length === 0) return answer;
  if (budget.tryEnterPage()) {
    leaveWhenRead(budget, reply);
    return answer;
  }
  if (await budget.enterPage()) {
    leaveWhenRead(budget, reply);
    return poll();
  }
  refuse(reply, metrics, {
    reason: 'unread_pages',
    retryAfterMs: unreadRetryMs,
    message:
      'Pages of the connection wait for callers who do not read them: expected them to be read before the next poll, got another poll. Read each answer to its end, and poll again.',
  });
  return undefined;
}

function leaveWhenRead(budget: PollBudget, { raw }: FastifyReply): void {
  // Whoever left while the page was made is not told of.
  if (raw.destroyed) budget.leavePage();
  else raw.once('close', () => budget.leavePage());
}

function refuse(
  reply: FastifyReply,
  metrics: Metrics,
  refusal: { readonly reason: 'too_many' | 'unread_pages'; readonly retryAfterMs: number; readonly message: string },
): void {
  const { reason, retryAfterMs, message } = refusal;
  metrics.pollRefused(reason);
  answerTooMany(reply, { code: 'too_many_polls', message, retryAfterMs });
}
