import Type from 'typebox';
import { queryField } from '../wire/fields.js';
import { present } from '../wire/wire-objects.js';
import { defineOperation } from './operation.js';

export const listEscalationPolicies = defineOperation({
  id: 'ListEscalationPolicies',
  summary: 'List escalation policies',
  description:
    'Lists the escalation policies of the account, at most 2,000. It fills the dropdowns from which a policy is chosen.',
  method: 'GET',
  path: '/escalation_policies',
  input: Type.Object({
    query: queryField({ description: 'Only policies whose name contains this text.' }),
  }),
  output: 'EscalationPoliciesResponse',
  outputDescription: 'The escalation policies of the account.',
  visibility: 'internal',
  async run({ query }, { connection }) {
    const policies = await connection.lookups.escalationPolicies(query);
    return { escalation_policies: policies.map((policy) => present('EscalationPolicy', policy)) };
  },
});
