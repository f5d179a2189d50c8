import Type, { type Static } from 'typebox';
import type { PagerDutyClient } from './client.js';
import type { Page } from './collect-pages.js';
import { reader } from './reader.js';

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
