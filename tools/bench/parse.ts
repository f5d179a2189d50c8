import { systemClock } from '../../src/clock/clock.js';
import type { Connection } from '../../src/connection/connection.js';
import { ConnectionRegistry } from '../../src/connection/connection-registry.js';
import { UnknownKeys } from '../../src/connection/unknown-keys.js';
import { candidates, knownAfter, newsOf } from '../../src/engine/diff.js';
import type { ObservedEvent } from '../../src/engine/events.js';
import { readLists } from '../../src/engine/read-lists.js';
import { timelineEvents } from '../../src/engine/read-timeline.js';
import type { Snapshot } from '../../src/engine/snapshot.js';
import { LocalCallLimiter } from '../../src/limiter/local-call-limiter.js';
import { PagerDuty } from '../../src/pagerduty/pagerduty.js';
import type { Upstream } from '../../src/pagerduty/transport.js';
import { incidentBody } from './incident-body.js';
import { median } from './percentiles.js';
import type { Extent, Figure, Report } from './report.js';
import { logEntryBody } from './upstream/timeline.js';

const pageSize = 100;

/** What a poll costs without sockets and store: PagerDuty's pages are parsed and checked, then compared. */
export async function benchParse(extent: Extent): Promise<Report> {
  const count = extent.isQuick ? 200 : 10_000;
  const figures: Figure[] = [];
  for (const source of ['timeline', 'lists'] as const) {
    const what = source === 'timeline' ? `${count} log entries` : `${count} open incidents`;
    const rounds: Round[] = [];
    for (let round = 0; round < extent.rounds + 2; round += 1) rounds.push(await measure(source, count));
    // The first two rounds run before the code is compiled.
    const settled = rounds.slice(2);
    const of = (field: keyof Round) => median(settled.map((one) => one[field]));
    figures.push(
      { name: `${what}: parse and check`, unit: 'ms of CPU', connector: of('readMs'), baseline: of('jsonMs') },
      { name: `${what}: compare, all known`, unit: 'ms of CPU', connector: of('knownMs'), baseline: of('jsonMs') },
      { name: `${what}: compare, all new`, unit: 'ms of CPU', connector: of('newMs'), baseline: of('jsonMs') },
    );
  }
  return {
    part: 'Parse and difference',
    conditions: 'in one process, without sockets and store; the baseline is JSON.parse of the same pages alone',
    figures,
  };
}

interface Round {
  readonly jsonMs: number;
  readonly readMs: number;
  readonly knownMs: number;
  readonly newMs: number;
}

async function measure(source: 'timeline' | 'lists', count: number): Promise<Round> {
  const nowMs = Math.floor(Date.now() / 1000) * 1000;
  const pages = pagesOf(source, count, nowMs - 10_000);
  const { connection, close } = connectionTo(source, pages);
  const jsonMs = (await cpuOf(() => pages.map((page): unknown => JSON.parse(page)).length)).cpuMs;
  const read = await cpuOf(() => readEvents(connection, source, count, nowMs));
  const newestMs = nowMs - 10_000;
  const frontier = source === 'timeline' ? { timelineMs: nowMs - 120_000 } : { listsMs: nowMs - 120_000 };
  const header = { logStartMs: 0, source, newestMs, ...frontier };
  const compare = (snapshot: Snapshot) => {
    const possible = candidates({ snapshot, fromMs: 0, source }, read.value);
    const news = newsOf(possible, new Set(possible.map(({ key }) => key)));
    return { news, known: knownAfter(snapshot.known, { observed: read.value, source, header }) };
  };
  const news = await cpuOf(() => compare({ header, known: new Map() }));
  const known = await cpuOf(() => compare({ header, known: news.value.known }));
  await close();
  if (news.value.news.length !== count || known.value.news.length !== 0) {
    throw new Error(`expected ${count} events and none, got ${news.value.news.length}, ${known.value.news.length}`);
  }
  return { jsonMs, readMs: read.cpuMs, knownMs: known.cpuMs, newMs: news.cpuMs };
}

async function readEvents(
  connection: Connection,
  source: 'timeline' | 'lists',
  count: number,
  nowMs: number,
): Promise<readonly ObservedEvent[]> {
  if (source === 'lists') return (await readLists(connection, nowMs - 120_000)).events;
  const entries = [];
  for (let offset = 0; offset < count; offset += pageSize) {
    const { value } = await connection.logEntries.list({ offset, limit: pageSize });
    entries.push(...value.items.map((entry) => ({ entry, atMs: Date.parse(entry.created_at ?? '') })));
  }
  return timelineEvents(entries, { withListKeys: false });
}

function pagesOf(source: 'timeline' | 'lists', count: number, atMs: number): string[] {
  const createdAt = '2026-11-20T10:00:00Z';
  const changedAt = new Date(atMs).toISOString();
  const items = Array.from({ length: count }, (_, number) =>
    source === 'timeline'
      ? logEntryBody('acknowledge', `P${number}`, number, atMs)
      : incidentBody({ id: `P${number}`, number, status: 'acknowledged', createdAt, changedAt }),
  );
  const name = source === 'timeline' ? 'log_entries' : 'incidents';
  return Array.from({ length: Math.ceil(count / pageSize) }, (_, page) => {
    const first = page * pageSize;
    return JSON.stringify({ [name]: items.slice(first, first + pageSize), more: first + pageSize < count });
  });
}

/** A connection to an upstream that answers from memory. */
function connectionTo(source: 'timeline' | 'lists', pages: readonly string[]) {
  const headers = { date: new Date().toUTCString() };
  const upstream: Upstream = {
    async send({ path }) {
      const isWanted = source === 'timeline' || path.includes('triggered');
      const page = Number(/[?&]offset=(\d+)/.exec(path)?.[1] ?? 0) / pageSize;
      return { status: 200, headers, body: (isWanted ? pages[page] : undefined) ?? '{"incidents":[],"more":false}' };
    },
    async close() {},
  };
  const url = new URL('http://upstream');
  const common = { clock: systemClock, random: Math.random, report: () => {} };
  const pagerDuty = new PagerDuty({ apiUrl: url, eventsUrl: url, ...common, connect: () => upstream });
  const registry = new ConnectionRegistry({
    clock: systemClock,
    limit: { calls: 1, windowMs: 1_000 },
    createLimiter: (options) => new LocalCallLimiter(options),
    unknownKeys: new UnknownKeys({ clock: systemClock }),
  });
  const connection: Connection = registry.open({ scheme: 'Token', key: 'bench' }, pagerDuty);
  return {
    connection,
    async close() {
      await registry.close();
      await pagerDuty.close();
    },
  };
}

async function cpuOf<T>(run: () => T | Promise<T>): Promise<{ value: T; cpuMs: number }> {
  const before = process.cpuUsage();
  const value = await run();
  const { user, system } = process.cpuUsage(before);
  return { value, cpuMs: (user + system) / 1000 };
}
