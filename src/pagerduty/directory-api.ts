import Type, { type Static } from 'typebox';
import type { PagerDutyClient } from './client.js';
import type { Page } from './collect-pages.js';
import { nullable } from './nullable.js';
import { reader } from './reader.js';

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
