import type { PagerDutyClient } from './client.js';
import { listing, type Page, type PageQuery } from './listing.js';
import { Named, type User, userReader } from './models.js';
import { oneRecord } from './read-body.js';
import { type RecordKind, recordReader } from './record-reader.js';

const named = (kind: RecordKind) => recordReader({ kind, schema: Named });
const readUser = oneRecord('a user', 'user', userReader);
const listUsers = listing('/users', 'users', userReader);
const listPolicies = listing('/escalation_policies', 'escalation_policies', named('escalation_policy'));
const listServices = listing('/services', 'services', named('service'));
const listPriorities = listing('/priorities', 'priorities', named('priority'));

/** Who and what an account has beside its incidents: users, escalation policies, services and priorities. */
export class DirectoryApi {
  readonly #client: PagerDutyClient;

  constructor(client: PagerDutyClient) {
    this.#client = client;
  }

  /** https://developer.pagerduty.com/api-reference/2395ca1feb25e-get-a-user */
  user(id: string): Promise<User> {
    return this.#client.call({
      method: 'GET',
      path: '/users/{id}',
      pathValues: { id },
      idempotent: true,
      read: readUser,
    });
  }

  /** https://developer.pagerduty.com/api-reference/c96e889522dd6-list-users */
  async users(query: PageQuery): Promise<Page<User>> {
    return (await listUsers(this.#client, { ...query })).value;
  }

  /** https://developer.pagerduty.com/api-reference/51b21014a4f5a-list-escalation-policies */
  async escalationPolicies(query: PageQuery): Promise<Page<Named>> {
    return (await listPolicies(this.#client, { ...query })).value;
  }

  /** https://developer.pagerduty.com/api-reference/e960cca205c0f-list-services */
  async services(query: PageQuery): Promise<Page<Named>> {
    return (await listServices(this.#client, { ...query })).value;
  }

  /** From the most to the least severe: https://developer.pagerduty.com/api-reference/0fa9ad52bf2d2-list-priorities */
  async priorities(query: PageQuery): Promise<Page<Named>> {
    return (await listPriorities(this.#client, { ...query })).value;
  }
}
