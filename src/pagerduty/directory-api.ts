import Type, { type Static } from 'typebox';
import type { PagerDutyClient } from './client.js';
import type { Page } from './collect-pages.js';
import { nullable, reader, User } from './models.js';

/** The fields of a service or a priority that this service reads; every other field is carried along untouched. */
const Named = Type.Object({ id: Type.String({ minLength: 1 }) });

export type Service = Static<typeof Named>;
export type Priority = Static<typeof Named>;

const more = nullable(Type.Boolean());
const readServices = reader('a list of services', Type.Object({ services: Type.Array(Named), more }));
const readPriorities = reader('a list of priorities', Type.Object({ priorities: Type.Array(Named), more }));

/** What incidents are opened on and with: PagerDuty's services and priorities. */
export class DirectoryApi {
  readonly #client: PagerDutyClient;

  constructor(client: PagerDutyClient) {
    this.#client = client;
  }

  /** https://developer.pagerduty.com/api-reference/e960cca205c0f-list-services */
  async services(options: { offset: number; limit: number; query?: string | undefined }): Promise<Page<Service>> {
    const { services, more } = await this.#client.call({
      method: 'GET',
      path: '/services',
      query: { offset: options.offset, limit: options.limit, query: options.query },
      idempotent: true,
      read: readServices,
    });
    return { items: services, more: more === true };
  }

  /** From the most to the least severe: https://developer.pagerduty.com/api-reference/0fa9ad52bf2d2-list-priorities */
  async priorities(options: { offset: number; limit: number }): Promise<Page<Priority>> {
    const { priorities, more } = await this.#client.call({
      method: 'GET',
      path: '/priorities',
      query: { offset: options.offset, limit: options.limit },
      idempotent: true,
      read: readPriorities,
    });
    return { items: priorities, more: more === true };
  }
}

const readUser = reader('a user', Type.Object({ user: User }));
const readUsers = reader(
  'a list of users',
  Type.Object({ users: Type.Array(User), more: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])) }),
);

/** PagerDuty's users: https://developer.pagerduty.com/api-reference/c96e889522dd6-list-users */
export class UsersApi {
  readonly #client: PagerDutyClient;

  constructor(client: PagerDutyClient) {
    this.#client = client;
  }

  /** https://developer.pagerduty.com/api-reference/2395ca1feb25e-get-a-user */
  async get(id: string): Promise<User> {
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
  async list(options: { offset: number; limit: number; query?: string | undefined }): Promise<Page<User>> {
    const { users, more } = await this.#client.call({
      method: 'GET',
      path: '/users',
      query: { offset: options.offset, limit: options.limit, query: options.query },
      idempotent: true,
      read: readUsers,
    });
    return { items: users, more: more === true };
  }
}

/** The fields of an escalation policy that this service reads; every other field is carried along untouched. */
const EscalationPolicy = Type.Object({ id: Type.String({ minLength: 1 }) });

export type EscalationPolicy = Static<typeof EscalationPolicy>;

const readPolicies = reader(
  'a list of escalation policies',
  Type.Object({
    escalation_policies: Type.Array(EscalationPolicy),
    more: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
  }),
);

/** PagerDuty's escalation policies: https://developer.pagerduty.com/api-reference/51b21014a4f5a-list-escalation-policies */
export class EscalationPoliciesApi {
  readonly #client: PagerDutyClient;

  constructor(client: PagerDutyClient) {
    this.#client = client;
  }

  /** https://developer.pagerduty.com/api-reference/51b21014a4f5a-list-escalation-policies */
  async list(options: { offset: number; limit: number; query?: string | undefined }): Promise<Page<EscalationPolicy>> {
    const { escalation_policies, more } = await this.#client.call({
      method: 'GET',
      path: '/escalation_policies',
      query: { offset: options.offset, limit: options.limit, query: options.query },
      idempotent: true,
      read: readPolicies,
    });
    return { items: escalation_policies, more: more === true };
  }
}
