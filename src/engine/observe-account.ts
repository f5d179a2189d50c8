import type { Clock } from '../clock/clock.js';
import type { Connection } from '../connection/connection.js';
import { collectPages } from '../pagerduty/collect-pages.js';
import { latenessMs, type Observation } from './diff-incidents.js';
import type { Snapshot } from './snapshot.js';

/** PagerDuty refuses spans of more than six months, and assumes one month where no end is given. */
const longestSpanMs = 150 * 24 * 3_600_000;

/**
 * Lists the incidents created since the snapshot's horizon, whatever has become of them: a whole life between two
 * polls is one of them. While nothing happens this is one call with an empty answer.
 */
export async function observeAccount(
  connection: Connection,
  before: Snapshot | undefined,
  clock: Clock,
): Promise<Observation> {
  let serverTimeMs: number | undefined;
  const list = async (query: Readonly<Record<string, string | number>>) => {
    const answer = await connection.incidents.listWithTime({ sort_by: 'incident_number:asc', ...query });
    // The earliest answer's time: what happens while the pages are read is for the next poll to look at again.
    serverTimeMs ??= answer.serverTimeMs ?? clock.now();
    return answer.value;
  };
  if (before === undefined) await list({ date_range: 'all', limit: 1 });
  const sinceMs = before?.header.horizonMs ?? (serverTimeMs ?? clock.now()) - latenessMs;
  const { items, complete } = await collectPages({
    fetch: (offset, limit) =>
      list({ since: timestamp(sinceMs), until: timestamp(sinceMs + longestSpanMs), offset, limit }),
  });
  return { incidents: items, complete, serverTimeMs: serverTimeMs ?? clock.now() };
}

/** PagerDuty reads a time without an explicit zone in the account's own: always send one. */
function timestamp(timeMs: number): string {
  return new Date(Math.floor(timeMs / 1000) * 1000).toISOString().replace('.000Z', 'Z');
}
