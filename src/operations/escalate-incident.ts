import Type from 'typebox';
import { actingUserField, idField, incidentField } from '../wire/fields.js';
import { serializeIncident } from '../wire/wire-objects.js';
import { defineOperation } from './operation.js';
import { actingEmail, namingField } from './references.js';
import { sendOnce } from './send-once.js';

/** https://developer.pagerduty.com/docs/rest-api-error-codes: "Escalation Policy Not Found". */
const policyNotFound = 1014;

const input = Type.Object({
  incidentId: incidentField('to escalate'),
  userId: actingUserField('Escalated by', 'escalates the incident'),
  policyId: idField({
    summary: 'Escalation policy',
    description: 'The escalation policy to put the incident on.',
    lookup: 'ListEscalationPolicies',
  }),
});

export const escalateIncident = defineOperation({
  id: 'EscalateIncident',
  summary: 'Escalate incident',
  description: 'Puts an incident on an escalation policy, whose first level is asked next, on behalf of a user.',
  method: 'PUT',
  path: '/action5/incidents/{incidentId}',
  input,
  body: { name: 'EscalateRequest', description: 'Request to escalate an incident.' },
  output: 'Incident',
  outputDescription: 'The incident after it was escalated.',
  async run({ incidentId, userId, policyId }, { connection }) {
    const from = await actingEmail(connection, input, userId);
    const change = { escalation_policy: { id: policyId, type: 'escalation_policy_reference' } };
    // An incident that is on the policy already does not show whether it was escalated again, so this is sent once.
    const incident = await namingField(
      input,
      [{ code: policyNotFound, field: 'policyId', thing: 'escalation policy' }],
      () =>
        sendOnce('Look at the incident’s timeline', () =>
          connection.incidents.update({ id: incidentId, from, change }),
        ),
    );
    return serializeIncident(incident);
  },
});
