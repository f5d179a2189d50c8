import type { Clock } from '../clock/clock.js';
import { collectPages } from '../pagerduty/collect-pages.js';
import type { EscalationPolicy, Priority, Service } from '../pagerduty/directory-api.js';
import type { Incident, User } from '../pagerduty/models.js';
import type { PagerDutyAccount } from '../pagerduty/pagerduty.js';
import { JoinedCache } from './joined-cache.js';

/** A designer asks again each time a dropdown is opened; what is new shows after this long at the latest. */
const ttlMs = 15_000;
const mostAnswers = 10;

/** A dropdown longer than this helps nobody: further items are found with `query`, or given by their id. */
const mostItems = { incidents: 1_000, others: 2_000 };

/** The lists behind dropdowns: read to their end, up to a bound, and kept for a few seconds. */
export class Lookups {
  readonly #account: PagerDutyAccount;
  readonly #incidents: JoinedCache<readonly Incident[]>;
  readonly #users: JoinedCache<readonly User[]>;
  readonly #escalationPolicies: JoinedCache<readonly EscalationPolicy[]>;
  readonly #services: JoinedCache<readonly Service[]>;
  readonly #priorities: JoinedCache<readonly Priority[]>;

  constructor(account: PagerDutyAccount, clock: Clock) {
    this.#account = account;
    this.#incidents = new JoinedCache({ clock, ttlMs, mostAnswers });
    this.#users = new JoinedCache({ clock, ttlMs, mostAnswers });
    this.#escalationPolicies = new JoinedCache({ clock, ttlMs, mostAnswers });
    this.#services = new JoinedCache({ clock, ttlMs, mostAnswers });
    this.#priorities = new JoinedCache({ clock, ttlMs, mostAnswers });
  }

  /** Open incidents, the newest first, at most 1,000. */
  openIncidents(): Promise<readonly Incident[]> {
    return this.#incidents.get('', async () => {
      const { items } = await collectPages({
        fetch: (offset, limit) =>
          this.#account.incidents.list({
            'statuses[]': ['triggered', 'acknowledged'],
            date_range: 'all',
            sort_by: 'incident_number:desc',
            offset,
            limit,
          }),
        mostItems: mostItems.incidents,
      });
      return items;
    });
  }

  /** Users whose name or e-mail address contains `query`, or all of them; at most 2,000. */
  users(query: string | undefined): Promise<readonly User[]> {
    return this.#users.get(query ?? '', async () => {
      const { items } = await collectPages({
        fetch: (offset, limit) => this.#account.users.list({ offset, limit, query }),
        mostItems: mostItems.others,
      });
      return items;
    });
  }

  /** Escalation policies whose name contains `query`, or all of them; at most 2,000. */
  escalationPolicies(query: string | undefined): Promise<readonly EscalationPolicy[]> {
    return this.#escalationPolicies.get(query ?? '', async () => {
      const { items } = await collectPages({
        fetch: (offset, limit) => this.#account.escalationPolicies.list({ offset, limit, query }),
        mostItems: mostItems.others,
      });
      return items;
    });
  }

  /** Services whose name contains `query`, or all of them; at most 2,000. */
  services(query: string | undefined): Promise<readonly Service[]> {
    return this.#services.get(query ?? '', async () => {
      const { items } = await collectPages({
        fetch: (offset, limit) => this.#account.directory.services({ offset, limit, query }),
        mostItems: mostItems.others,
      });
      return items;
    });
  }

  /** Priorities, from the most to the least severe; none where the account has not switched them on. */
  priorities(): Promise<readonly Priority[]> {
    return this.#priorities.get('', async () => {
      const { items } = await collectPages({
        fetch: (offset, limit) => this.#account.directory.priorities({ offset, limit }),
        mostItems: mostItems.others,
      });
      return items;
    });
  }

  /** Forgets what is too old. */
  purge(): void {
    this.#incidents.purge();
    this.#users.purge();
    this.#escalationPolicies.purge();
    this.#services.purge();
    this.#priorities.purge();
  }
}
