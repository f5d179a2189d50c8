import { systemClock } from '../../src/clock/clock.js';
import { ConnectionRegistry } from '../../src/connection/connection-registry.js';
import { UnknownKeys } from '../../src/connection/unknown-keys.js';
import type { LoggedEvent } from '../../src/engine/events.js';
import { writeHeader } from '../../src/engine/snapshot.js';
import { LocalCallLimiter } from '../../src/limiter/local-call-limiter.js';
import { PagerDuty } from '../../src/pagerduty/pagerduty.js';
import { SqliteStore } from '../../src/stores/sqlite-store.js';
import { incidentBody } from './incident-body.js';

const kinds = ['created', 'assigned', 'acknowledged', 'resolved'] as const;
const maxEventsPerCommit = 500;
const hourMs = 3_600_000;

/** Writes events into a connection's log, in the folder of a service that does not run yet. */
export async function fillLog(options: {
  readonly dataDir: string;
  /** PagerDuty's REST API as the service is going to know it. */
  readonly apiUrl: string;
  readonly key: string;
  readonly events: number;
}): Promise<void> {
  const connectionId = await connectionIdOf(options);
  const store = new SqliteStore(options.dataDir, { clock: systemClock, onSpoilt: () => undefined });
  const nowMs = Date.now();
  let expectedCommitId: string | undefined;
  for (let first = 0; first < options.events; first += maxEventsPerCommit) {
    const commitId = `bench-${first}`;
    const count = Math.min(maxEventsPerCommit, options.events - first);
    await store.commit(connectionId, {
      expectedCommitId,
      commitId,
      header: writeHeader({
        logStartMs: nowMs - 2 * hourMs,
        timelineMs: nowMs - 60_000,
        source: 'timeline',
        newestMs: nowMs - 60_000,
      }),
      changedRecords: new Map(),
      removedRecords: [],
      events: Array.from({ length: count }, (_, index) => eventNumber(first + index, nowMs - hourMs)),
      learnedAtMs: nowMs,
    });
    expectedCommitId = commitId;
  }
  await store.close();
}

/** The store knows connections by their ids, and only the registry knows how one is made. */
async function connectionIdOf({ apiUrl, key }: { apiUrl: string; key: string }): Promise<string> {
  const clock = systemClock;
  const url = new URL(apiUrl);
  const pagerDuty = new PagerDuty({ apiUrl: url, eventsUrl: url, clock, random: Math.random, report: () => {} });
  const registry = new ConnectionRegistry({
    clock,
    limit: { calls: 1, windowMs: 1_000 },
    createLimiter: (options) => new LocalCallLimiter(options),
    unknownKeys: new UnknownKeys({ clock }),
  });
  const { id } = registry.open({ scheme: 'Token', key }, pagerDuty);
  await registry.close();
  await pagerDuty.close();
  return id;
}

function eventNumber(index: number, occurredAtMs: number): LoggedEvent {
  const kind = kinds[index % kinds.length] ?? 'created';
  const id = `PFILL${Math.floor(index / kinds.length)}`;
  const at = new Date(occurredAtMs).toISOString();
  const incident = incidentBody({ id, number: index, status: 'acknowledged', createdAt: at, changedAt: at });
  const subject = kind === 'assigned' ? 'PUSER01' : id;
  return { key: `${kind} ${id}`, kind, subject, occurredAtMs, payload: JSON.stringify(incident) };
}
