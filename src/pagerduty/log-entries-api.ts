import type { Answer, PagerDutyClient } from './client.js';
import { listing, type Page } from './listing.js';
import { LogEntry } from './models.js';

const listLogEntries = listing('/log_entries', 'log_entries', LogEntry);

/** PagerDuty's log entries: everything that ever happened to any incident. */
export class LogEntriesApi {
  readonly #client: PagerDutyClient;

  constructor(client: PagerDutyClient) {
    this.#client = client;
  }

  /**
   * Entries with their incidents, in an order that PagerDuty does not promise.
   * https://developer.pagerduty.com/api-reference/c661e065403b5-list-log-entries
   */
  list(options: {
    /** ISO 8601 with its zone. */
    since: string;
    until?: string | undefined;
    offset: number;
    limit: number;
  }): Promise<Answer<Page<LogEntry>>> {
    return listLogEntries(this.#client, { ...options, 'include[]': ['incidents'] });
  }
}
