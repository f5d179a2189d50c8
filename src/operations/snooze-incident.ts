import Type from 'typebox';
import type { Connection } from '../connection/connection.js';
import { PagerDutyResponseError } from '../pagerduty/errors.js';
import type { Incident } from '../pagerduty/models.js';
import { idField, integerField } from '../wire/fields.js';
import { presentIncident } from '../wire/wire-objects.js';
import { onceOnly } from './once-only.js';
import { defineOperation } from './operation.js';
import { changeStatus, refuseResolved } from './update-incident.js';

/** https://developer.pagerduty.com/docs/rest-api-error-codes: "Incident is not Acknowledged". */
const notAcknowledged = 1012;
const longestSnoozeSeconds = 604_800;

export const snoozeIncident = defineOperation({
  id: 'SnoozeIncident',
  summary: 'Snooze incident',
  description:
    'Snoozes an incident for a time, after which it is triggered again, on behalf of a user. An incident that nobody has acknowledged is acknowledged first.',
  method: 'POST',
  path: '/action4/incidents/{incidentId}/snooze',
  input: Type.Object({
    incidentId: idField({
      summary: 'Incident',
      description: 'The incident to snooze.',
      lookup: 'ListIncidents',
    }),
    userId: idField({
      summary: 'Snoozed by',
      description: 'The user who snoozes the incident.',
      lookup: 'ListUsers',
    }),
    duration: integerField({
      summary: 'Snooze',
      description: 'The amount of time, in seconds, to snooze the incident: from 1 second to 7 days.',
      minimum: 1,
      maximum: longestSnoozeSeconds,
    }),
  }),
  body: { name: 'SnoozeRequest', description: 'Request to snooze an incident.' },
  output: 'Incident',
  outputDescription: 'The incident after it was snoozed.',
  async run({ incidentId, userId, duration }, { connection }) {
    const from = await connection.emailOf({ userId, field: 'userId', label: 'Snoozed by' });
    return presentIncident(await snooze(connection, { id: incidentId, userId, from, durationSeconds: duration }));
  },
});

interface Snooze {
  readonly id: string;
  readonly userId: string;
  readonly from: string;
  readonly durationSeconds: number;
}

/** One call where the incident is acknowledged already, as it mostly is; PagerDuty’s own app acknowledges first. */
async function snooze(connection: Connection, request: Snooze): Promise<Incident> {
  const send = () => onceOnly('Look at the incident', () => connection.incidents.snooze(request));
  try {
    return await send();
  } catch (error) {
    if (!(error instanceof PagerDutyResponseError) || error.pagerDutyCode !== notAcknowledged) throw error;
  }
  refuseResolved(await connection.incidents.get(request.id));
  await changeStatus(connection, { ...request, status: 'acknowledged' });
  return send();
}
