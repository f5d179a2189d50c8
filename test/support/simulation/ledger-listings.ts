import { AccountError, notFound } from '../../../sandbox/account/account-error.js';
import { listIncidents } from '../../../sandbox/account/list-incidents.js';
import { QueryText } from '../../../sandbox/http/query-text.js';
import { readIncidentQuery } from '../../../sandbox/rest/incident-query.js';
import { incidentView, logEntryView } from '../../../sandbox/rest/incident-views.js';
import { readPaging } from '../../../sandbox/rest/paging.js';
import { isoTime, userReference } from '../../../sandbox/rest/references.js';
import type { AccountLedger, RecordedEntry } from './account-ledger.js';
import type { Asked } from './layers.js';

/** How PagerDuty lists, if its documentation leaves a choice. */
export interface ListingHabits {
  /** Pages have no more items than that, whatever is asked for. */
  maxPageItems: number;
  /** Whether a span includes the second at its end. */
  untilIsInclusive: boolean;
  /** In which order entries of the same second come: a number for each entry and request. Undefined: as recorded. */
  tieOrder: ((n: number) => number) | undefined;
  /** Whether entries come with their incidents, if that is asked for. */
  includesIncidents: boolean;
}

/** The answers of one account to the calls that the engine makes, as the ledger has it. */
export class LedgerListings {
  readonly habits: ListingHabits = {
    maxPageItems: 100,
    untilIsInclusive: false,
    tieOrder: undefined,
    includesIncidents: true,
  };
  readonly #ledger: AccountLedger;

  constructor(ledger: AccountLedger) {
    this.#ledger = ledger;
  }

  /** The body of an answer; undefined for what the sandbox itself has to answer. @throws {AccountError} */
  answer(asked: Asked): object | undefined {
    const { account } = this.#ledger;
    const key = account.apiKey(asked.key);
    if (asked.method !== 'GET' || key === undefined) return undefined;
    this.#ledger.settle();
    if (asked.path === '/log_entries') {
      if (key.kind === 'no-log-entries') throw new AccountError(403, 2010, 'Access Denied');
      return this.#logEntries(queryOf(asked));
    }
    if (asked.path === '/incidents') return this.#incidents(queryOf(asked));
    const [, id = '', part] = /^\/incidents\/(\w+)(\/notes)?$/.exec(asked.path) ?? [];
    if (id === '') return undefined;
    const incident = account.incident(id);
    if (incident === undefined) throw notFound(`Incident ${id}`);
    if (part === undefined) return { incident: incidentView(account, incident, new Set()) };
    return {
      notes: incident.notes.map((note) => ({
        id: note.id,
        user: userReference(account, note.userId),
        content: note.content,
        created_at: isoTime(note.createdAtMs),
      })),
    };
  }

  #logEntries(query: QueryText): object {
    const { account } = this.#ledger;
    const sinceMs = query.time('since') ?? Number.NEGATIVE_INFINITY;
    const untilMs = query.time('until') ?? Number.POSITIVE_INFINITY;
    const endMs = this.habits.untilIsInclusive ? Math.floor(untilMs / 1000) * 1000 + 1000 : untilMs;
    const found = this.#ledger.visibleEntries().filter(({ entry: { atMs } }) => atMs >= sinceMs && atMs < endMs);
    const includes = new Set(
      query.all('include[]').filter((name) => name !== 'incidents' || this.habits.includesIncidents),
    );
    return this.#page('log_entries', query, this.#newestFirst(found), ({ entry }) =>
      logEntryView(account, entry, includes),
    );
  }

  #newestFirst(entries: RecordedEntry[]): readonly RecordedEntry[] {
    const { tieOrder } = this.habits;
    if (tieOrder === undefined && this.#ledger.isInOrder) return entries;
    const ranks = new Map(entries.map((one) => [one, tieOrder?.(one.n) ?? one.n]));
    return entries.sort((a, b) => b.entry.atMs - a.entry.atMs || (ranks.get(b) ?? 0) - (ranks.get(a) ?? 0));
  }

  #incidents(query: QueryText): object {
    const { account } = this.#ledger;
    const wanted = readIncidentQuery(query, account.exactNow());
    // An incident is listed whatever time it says it is from, and the sandbox's own search wants them in order.
    let found: ReturnType<typeof listIncidents> | undefined;
    account.actAt(Number.POSITIVE_INFINITY, () => {
      const everything = { ...wanted, offset: 0, limit: Number.MAX_SAFE_INTEGER, sinceMs: null };
      found = listIncidents(account, everything);
    });
    const { sinceMs } = wanted;
    const incidents = (found?.incidents ?? []).filter(
      ({ createdAtMs }) => sinceMs === null || createdAtMs >= Math.floor(sinceMs / 1000) * 1000,
    );
    const includes = new Set(query.all('include[]'));
    return this.#page('incidents', query, incidents, (incident) => incidentView(account, incident, includes));
  }

  #page<T>(name: string, query: QueryText, items: readonly T[], view: (item: T) => object): object {
    const paging = readPaging(query);
    const limit = Math.min(paging.limit, this.habits.maxPageItems);
    const end = paging.offset + limit;
    return {
      [name]: items.slice(paging.offset, end).map(view),
      limit,
      offset: paging.offset,
      more: items.length > end,
      total: paging.count ? items.length : null,
    };
  }
}

function queryOf({ query }: Asked): QueryText {
  return new QueryText(Object.fromEntries([...query.keys()].map((name) => [name, query.getAll(name)])));
}
