import type { FastifyInstance } from 'fastify';
import type { Account } from '../account/account.js';
import { notFound } from '../account/account-error.js';
import { findIncident } from '../account/find.js';
import type { EntryKind, LogEntry } from '../account/records.js';
import { logEntryView } from './incident-views.js';
import { pageFields, readPaging } from './paging.js';
import type { RestCall, RestGate } from './rest-gate.js';

/** What `is_overview` keeps; PagerDuty does not say which entries it finds important. */
const overviewKinds: ReadonlySet<EntryKind> = new Set([
  'trigger',
  'acknowledge',
  'unacknowledge',
  'resolve',
  'escalate',
]);

/** https://developer.pagerduty.com/api-reference/, "Log Entries". */
export function logEntryRoutes(app: FastifyInstance, gate: RestGate): void {
  app.get(
    '/log_entries',
    gate.readLog((call) => list(call, null)),
  );
  app.get(
    '/incidents/:id/log_entries',
    gate.readLog((call) => list(call, findIncident(call.account, call.id).entries)),
  );
  app.get(
    '/log_entries/:id',
    gate.readLog(({ account, id, includes }) => {
      const entry = account.log.get(id);
      if (entry === undefined || entry.listedFromMs > account.exactNow()) throw notFound(`Log entry ${id}`);
      return { log_entry: logEntryView(account, entry, includes) };
    }),
  );
}

function list({ account, query, includes }: RestCall, entries: readonly LogEntry[] | null): object {
  const paging = readPaging(query);
  const wanted = {
    ...paging,
    nowMs: account.exactNow(),
    sinceMs: query.time('since'),
    untilMs: query.time('until'),
    keep: filter(account, query.isTrue('is_overview'), query.all('team_ids[]')),
  };
  const page = entries === null ? account.log.page(wanted) : account.log.pageWithin(entries, wanted);
  return {
    log_entries: page.entries.map((entry) => logEntryView(account, entry, includes)),
    ...pageFields(paging, page.more, page.total),
  };
}

function filter(
  account: Account,
  overview: boolean,
  teamIds: readonly string[],
): ((entry: LogEntry) => boolean) | undefined {
  if (!overview && teamIds.length === 0) return undefined;
  const serviceIds = new Set(
    account.directory.services
      .filter((service) => teamIds.length === 0 || service.teamIds.some((id) => teamIds.includes(id)))
      .map((service) => service.id),
  );
  return (entry) => serviceIds.has(entry.incident.serviceId) && (!overview || overviewKinds.has(entry.kind));
}
