import Type, { type Static } from 'typebox';
import { percentile } from '../percentiles.js';

/** How punctual the polls of a time were. */
export const SeenPolls = Type.Object({
  polls: Type.Number(),
  /** How much longer than the interval the time between two polls of a connection was. */
  lateP50Ms: Type.Number(),
  lateP99Ms: Type.Number(),
  lateMostMs: Type.Number(),
  /** Polls more than two seconds late, and connections that are overdue by more than that, of all, in per cent. */
  latePercent: Type.Number(),
});

export type SeenPolls = Static<typeof SeenPolls>;

const boundMs = 2_000;

interface Seen {
  lastAtMs: number;
  polls: number;
}

/** Remembers when each connection was polled, as the upstream saw it. */
export class PollTimes {
  readonly #intervalMs: number;
  readonly #connections = new Map<number, Seen>();
  #lateMs: number[] = [];
  #polls = 0;

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  polled(connection: number, atMs: number): void {
    this.#polls += 1;
    const seen = this.#connections.get(connection);
    if (seen === undefined) {
      this.#connections.set(connection, { lastAtMs: atMs, polls: 1 });
      return;
    }
    // The first poll is a host's, and the second one's time is random, so that connections spread over the interval.
    if (seen.polls > 1) this.#lateMs.push(atMs - seen.lastAtMs - this.#intervalMs);
    seen.lastAtMs = atMs;
    seen.polls += 1;
  }

  /** Counts from now on. */
  begin(): void {
    this.#lateMs = [];
    this.#polls = 0;
  }

  /** What was seen since `begin`; a connection that waits for its poll is as late as it is by now. */
  seen(nowMs: number): SeenPolls {
    const overdueMs = [...this.#connections.values()]
      .map(({ lastAtMs, polls }) => nowMs - lastAtMs - (polls > 1 ? 1 : 2) * this.#intervalMs)
      .filter((lateMs) => lateMs > boundMs);
    const lateMs = [...this.#lateMs, ...overdueMs];
    const late = lateMs.filter((one) => one > boundMs).length;
    return {
      polls: this.#polls,
      lateP50Ms: percentile(lateMs, 0.5),
      lateP99Ms: percentile(lateMs, 0.99),
      lateMostMs: percentile(lateMs, 1),
      latePercent: lateMs.length === 0 ? 0 : (100 * late) / lateMs.length,
    };
  }
}
