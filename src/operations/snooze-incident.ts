import Type from 'typebox';
import type { Connection } from '../connection/connection.js';
import { PagerDutyResponseError } from '../pagerduty/errors.js';
import type { Incident } from '../pagerduty/models.js';
import { actingUserField, incidentField, integerField } from '../wire/fields.js';
import { serializeIncident } from '../wire/wire-objects.js';
import { changeStatus, refuseResolved } from './change-incident.js';
import { defineOperation } from './operation.js';
import { actingEmail } from './references.js';
import { sendOnce } from './send-once.js';

/** https://developer.pagerduty.com/docs/rest-api-error-codes: "Incident is not Acknowledged". */
const notAcknowledged = 1012;
const maxSnoozeSeconds = 604_800;

const input = Type.Object({
  incidentId: incidentField('to snooze'),
  userId: actingUserField('Snoozed by', 'snoozes the incident'),
  duration: integerField({
    summary: 'Snooze',
    description: 'The amount of time, in seconds, to snooze the incident: from 1 second to 7 days.',
    minimum: 1,
    maximum: maxSnoozeSeconds,
  }),
});

export const snoozeIncident = defineOperation({
  id: 'SnoozeIncident',
  summary: 'Snooze incident',
  description:
    'Snoozes an incident for a time, after which it is triggered again, on behalf of a user. An incident that nobody has acknowledged is acknowledged first.',
  method: 'POST',
  path: '/action4/incidents/{incidentId}/snooze',
  input,
  body: { name: 'SnoozeRequest', description: 'Request to snooze an incident.' },
  output: 'Incident',
  outputDescription: 'The incident after it was snoozed.',
  async run({ incidentId, userId, duration }, { connection }) {
    const from = await actingEmail(connection, input, userId);
    return serializeIncident(await snooze(connection, { id: incidentId, userId, from, durationSeconds: duration }));
  },
});

interface Snooze {
  readonly id: string;
  readonly userId: string;
  readonly from: string;
  readonly durationSeconds: number;
}

/** One call if the incident is acknowledged already, as most are. If not, it is acknowledged first, as PagerDuty’s own app does. */
async function snooze(connection: Connection, request: Snooze): Promise<Incident> {
  const send = () => sendOnce('Look at the incident', () => connection.incidents.snooze(request));
  try {
    return await send();
  } catch (error) {
    if (!(error instanceof PagerDutyResponseError) || error.pagerDutyCode !== notAcknowledged) throw error;
  }
  refuseResolved(await connection.incidents.get(request.id));
  await changeStatus(connection, { ...request, status: 'acknowledged' });
  return send();
}
