import Type from 'typebox';
import type { Answer, PagerDutyClient } from './client.js';
import type { Page } from './collect-pages.js';
import { LogEntry, reader } from './models.js';

const readLogEntries = reader(
  'a list of log entries',
  Type.Object({
    log_entries: Type.Array(LogEntry),
    more: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
  }),
);

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
  async list(options: {
    /** ISO 8601 with its zone. */
    since: string;
    until?: string | undefined;
    offset: number;
    limit: number;
  }): Promise<Answer<Page<LogEntry>>> {
    const { value, serverTimeMs } = await this.#client.callWithTime({
      method: 'GET',
      path: '/log_entries',
      query: { ...options, 'include[]': ['incidents'] },
      idempotent: true,
      read: readLogEntries,
    });
    return { value: { items: value.log_entries, more: value.more === true }, serverTimeMs };
  }
}
