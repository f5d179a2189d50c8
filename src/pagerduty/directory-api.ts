import Type, { type Static } from 'typebox';
import type { PagerDutyClient } from './client.js';
import { listing, type Page, type PageQuery } from './listing.js';
import { reader, User } from './models.js';

/** The field of a policy, a service or a priority that this service reads; every other field is carried along. */
const Named = Type.Object({ id: Type.String({ minLength: 1 }) });

type Named = Static<typeof Named>;

const readUser = reader('a user', Type.Object({ user: User }));
const listUsers = listing('/users', 'users', User);
const listPolicies = listing('/escalation_policies', 'escalation_policies', Named);
const listServices = listing('/services', 'services', Named);
const listPriorities = listing('/priorities', 'priorities', Named);

/** Who and what an account has beside its incidents: users, escalation policies, services and priorities. */
export class DirectoryApi {
  readonly #client: PagerDutyClient;

  constructor(client: PagerDutyClient) {
    this.#client = client;
  }

  /** https://developer.pagerduty.com/api-reference/2395ca1feb25e-get-a-user */
  async user(id: string): Promise<User> {
    const { user } = await this.#client.call({
      method: 'GET',
      path: '/users/{id}',
      pathValues: { id },
      idempotent: true,
      read: readUser,
    });
    return user;
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
