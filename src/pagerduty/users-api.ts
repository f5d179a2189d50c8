import Type from 'typebox';
import type { PagerDutyClient } from './client.js';
import type { Page } from './collect-pages.js';
import { reader } from './reader.js';
import { User } from './user.js';

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
