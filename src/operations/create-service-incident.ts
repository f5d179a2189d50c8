import Type, { type Static } from 'typebox';
import { choiceField, idField, textField } from '../wire/fields.js';
import { InvalidInputError } from '../wire/input-parser.js';
import { serializeIncident } from '../wire/wire-objects.js';
import { openIncident } from './open-incident.js';
import { defineOperation } from './operation.js';
import { actingEmail, namingField } from './references.js';

const input = Type.Object({
  serviceId: idField({
    summary: 'Service',
    description: 'The id of the service that has the problem.',
    lookup: 'ListServices',
  }),
  userId: idField({
    summary: 'Created By',
    description: 'The id of the user who creates the incident.',
    lookup: 'ListUsers',
  }),
  title: textField({
    summary: 'Title',
    description: 'What happened, in up to 1024 characters.',
    maxLength: 1024,
  }),
  details: Type.Optional(
    textField({
      summary: 'Details',
      description: 'Anything else to know about the incident.',
      visibility: 'important',
    }),
  ),
  urgency: Type.Optional(
    choiceField({
      summary: 'Urgency',
      description: 'How urgent the incident is. The service decides if it is empty.',
      choices: ['high', 'low'],
    }),
  ),
  priorityId: Type.Optional(
    idField({
      summary: 'Priority',
      description: 'The id of the priority that the incident gets.',
      lookup: 'ListPriorities',
    }),
  ),
  incident_key: Type.Optional(
    textField({
      summary: 'Incident Key',
      description:
        'A text of up to 255 characters of your own choice. While an incident with it is open, the service gets no second one.',
      maxLength: 255,
    }),
  ),
  policyId: Type.Optional(
    idField({
      summary: 'Escalation Policy',
      description: 'The id of the policy to use instead of the service’s own.',
      lookup: 'ListEscalationPolicies',
    }),
  ),
  assigneeId: Type.Optional(
    idField({
      summary: 'Assignee',
      description: 'The id of the user who gets the incident instead of whoever is on call.',
      lookup: 'ListUsers',
    }),
  ),
});

/** https://developer.pagerduty.com/docs/rest-api-error-codes, and what PagerDuty says of a service it does not have: https://github.com/PagerDuty/pagerduty-api-python-client/issues/61 */
const references = [
  { code: 2002, words: /service not found/i, field: 'serviceId', thing: 'service' },
  { code: 2100, field: 'serviceId', thing: 'service' },
  { code: 1020, field: 'priorityId', thing: 'priority' },
  { code: 1014, field: 'policyId', thing: 'escalation policy' },
  { code: 1007, field: 'assigneeId', thing: 'user' },
] as const;

export const createServiceIncident = defineOperation({
  id: 'CreateServiceIncident',
  summary: 'Create incident on a service',
  description: 'Creates a new incident on a service, on behalf of a user, and returns it.',
  method: 'POST',
  path: '/services/{serviceId}/incidents',
  input,
  body: { name: 'CreateServiceIncidentRequest', description: 'Request to create an incident on a service.' },
  output: 'Incident',
  outputDescription: 'The incident that was created.',
  check({ policyId, assigneeId }) {
    if (policyId === undefined || assigneeId === undefined) return;
    const condition = 'only where policyId is left out';
    throw new InvalidInputError({
      name: 'assigneeId',
      schema: input.properties.assigneeId,
      got: assigneeId,
      condition,
    });
  },
  async run(inputs, { connection }) {
    const { serviceId, title, incident_key: key, userId } = inputs;
    const from = await actingEmail(connection, input, userId);
    const more = optionsOf(inputs);
    const incident = await namingField(input, references, () =>
      openIncident(connection, { from, serviceId, title, key, more }),
    );
    return serializeIncident(incident);
  },
});

/** The optional inputs, as PagerDuty names them. */
function optionsOf({ details, urgency, priorityId, policyId, assigneeId }: Static<typeof input>): object {
  const reference = (id: string, type: string) => ({ id, type: `${type}_reference` });
  return {
    ...(details === undefined ? {} : { body: { type: 'incident_body', details } }),
    ...(urgency === undefined ? {} : { urgency }),
    ...(priorityId === undefined ? {} : { priority: reference(priorityId, 'priority') }),
    ...(policyId === undefined ? {} : { escalation_policy: reference(policyId, 'escalation_policy') }),
    ...(assigneeId === undefined ? {} : { assignments: [{ assignee: reference(assigneeId, 'user') }] }),
  };
}
