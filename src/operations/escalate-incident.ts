import Type from 'typebox';
import { idField } from '../wire/fields.js';
import { presentIncident } from '../wire/wire-objects.js';
import { onceOnly } from './once-only.js';
import { defineOperation } from './operation.js';
import { namingField } from './references.js';

/** https://developer.pagerduty.com/docs/rest-api-error-codes: "Escalation Policy Not Found". */
const policyNotFound = 1014;

export const escalateIncident = defineOperation({
  id: 'EscalateIncident',
  summary: 'Escalate incident',
  description: 'Puts an incident on an escalation policy, whose first level is asked next, on behalf of a user.',
  method: 'PUT',
  path: '/action5/incidents/{incidentId}',
  input: Type.Object({
    incidentId: idField({
      summary: 'Incident',
      description: 'The incident to escalate.',
      lookup: 'ListIncidents',
    }),
    userId: idField({
      summary: 'Escalated by',
      description: 'The user who escalates the incident.',
      lookup: 'ListUsers',
    }),
    policyId: idField({
      summary: 'Escalation policy',
      description: 'The escalation policy to put the incident on.',
      lookup: 'ListEscalationPolicies',
    }),
  }),
  body: { name: 'EscalateRequest', description: 'Request to escalate an incident.' },
  output: 'Incident',
  outputDescription: 'The incident after it was escalated.',
  async run({ incidentId, userId, policyId }, { connection }) {
    const from = await connection.emailOf({ userId, field: 'userId', label: 'Escalated by' });
    const change = { escalation_policy: { id: policyId, type: 'escalation_policy_reference' } };
    // An incident that is on the policy already shows nothing of whether it was escalated again: so once only.
    const incident = await namingField(
      [{ code: policyNotFound, field: 'policyId', label: 'Escalation policy', thing: 'escalation policy' }],
      () =>
        onceOnly('Look at the incident’s timeline', () =>
          connection.incidents.update({ id: incidentId, from, change }),
        ),
    );
    return presentIncident(incident);
  },
});
