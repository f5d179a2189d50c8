import type { Clock } from '../clock/clock.js';
import type { Connection } from '../connection/connection.js';
import { collectPages } from '../pagerduty/collect-pages.js';
import type { LogEntry } from '../pagerduty/log-entry.js';
import { timestamp } from './happening.js';

/** What was read of the timeline. */
export interface Timeline {
  readonly entries: readonly LogEntry[];
  /** PagerDuty's own time before its first answer was made. */
  readonly serverTimeMs: number;
}

/** A second cannot be split: PagerDuty dates to whole seconds. */
const shortestSpanMs = 2_000;

/**
 * Reads all log entries since a time. One call, with an empty answer, while nothing happens. A span with more entries
 * than PagerDuty pages to is halved until each half can be read to its end.
 */
export async function readTimeline(connection: Connection, sinceMs: number, clock: Clock): Promise<Timeline> {
  let serverTimeMs: number | undefined;
  const byId = new Map<string, LogEntry>();

  const read = async (fromMs: number, untilMs: number | undefined): Promise<void> => {
    const since = timestamp(fromMs);
    const until = untilMs === undefined ? undefined : timestamp(untilMs);
    const { items, complete } = await collectPages({
      fetch: async (offset, limit) => {
        const answer = await connection.logEntries.list({ since, until, offset, limit });
        serverTimeMs ??= answer.serverTimeMs ?? clock.now();
        return answer.value;
      },
    });
    for (const entry of items) byId.set(entry.id, entry);
    const endMs = untilMs ?? serverTimeMs ?? clock.now();
    if (complete || endMs - fromMs < shortestSpanMs) return;
    const middleMs = Math.floor((fromMs + endMs) / 2_000) * 1_000;
    await read(fromMs, middleMs);
    await read(middleMs, untilMs);
  };

  await read(sinceMs, undefined);
  return { entries: [...byId.values()], serverTimeMs: serverTimeMs ?? clock.now() };
}
