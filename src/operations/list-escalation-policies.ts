import { defineLookup } from './lookup.js';

export const listEscalationPolicies = defineLookup({
  id: 'ListEscalationPolicies',
  path: '/escalation_policies',
  description:
    'Lists the escalation policies of the account, at most 2,000. It fills the dropdowns from which a policy is chosen.',
  output: 'EscalationPoliciesResponse',
  outputDescription: 'The escalation policies of the account.',
  query: 'Only policies whose name contains this text.',
  maxItems: 2_000,
  fetch: ({ directory }, page) => directory.escalationPolicies(page),
  item: 'EscalationPolicy',
});
