import type { FastifyInstance } from 'fastify';
import type { Account } from '../account/account.js';
import { AccountError } from '../account/account-error.js';
import { addNote, addStatusUpdate, requestResponders } from '../account/annotate.js';
import { findIncident } from '../account/find.js';
import { snooze } from '../account/lifecycle.js';
import type { Alert, Note, User } from '../account/records.js';
import { readNote, readResponderRequest, readSnooze, readStatusUpdate } from './incident-bodies.js';
import { incidentView, triggerEntryView } from './incident-views.js';
import { pageOf } from './paging.js';
import { incidentReference, isoTime, resource, serviceReference, userReference } from './references.js';
import type { RestCall, RestGate } from './rest-gate.js';

const noIncludes: ReadonlySet<string> = new Set();

/** What hangs on an incident: notes, snoozing, alerts, status updates, responder requests. */
export function incidentPartRoutes(app: FastifyInstance, gate: RestGate): void {
  app.get(
    '/incidents/:id/notes',
    gate.read(({ account, id }) => ({
      notes: findIncident(account, id).notes.map((note) => noteView(account, note)),
    })),
  );
  app.post(
    '/incidents/:id/notes',
    gate.act(200, ({ account, id, body }, actor) => {
      const note = addNote(account, findIncident(account, id), actor.id, readNote(body).note.content);
      return { note: noteView(account, note) };
    }),
  );
  app.post(
    '/incidents/:id/snooze',
    gate.act(201, ({ account, id, body }, actor) => {
      const incident = findIncident(account, id);
      snooze(account, incident, readSnooze(body).duration, { kind: 'user', id: actor.id });
      return { incident: incidentView(account, incident, noIncludes) };
    }),
  );
  app.get('/incidents/:id/alerts', gate.read(listAlerts));
  app.post('/incidents/:id/status_updates', gate.act(200, updateStatus));
  app.post('/incidents/:id/responder_requests', gate.write(200, askResponders));
}

function noteView(account: Account, note: Note): object {
  return {
    id: note.id,
    user: userReference(account, note.userId),
    channel: { summary: 'The PagerDuty website or APIs' },
    content: note.content,
    created_at: isoTime(note.createdAtMs),
  };
}

function listAlerts({ account, id, query, includes }: RestCall): object {
  const statuses = query.allOf('statuses[]', ['triggered', 'resolved']);
  const key = query.one('alert_key');
  const alerts = findIncident(account, id).alerts.filter(
    (alert) => (statuses.length === 0 || statuses.includes(alert.status)) && (key === undefined || alert.key === key),
  );
  if (query.one('sort_by')?.endsWith(':desc')) alerts.reverse();
  const { items, fields } = pageOf(query, alerts);
  return { alerts: items.map((alert) => alertView(account, alert, includes)), ...fields };
}

function alertView(account: Account, alert: Alert, includes: ReadonlySet<string>): object {
  const whole = !account.settings.strictSpecification;
  const first = account.log.get(alert.firstEntryId);
  const integration = account.directory.integrations.find((one) => one.id === alert.integrationId);
  const integrationType = integration?.apiVersion === 1 ? 'generic_events_api' : 'events_api_v2';
  return {
    ...resource('alert', alert.id, alert.summary, 'alerts'),
    created_at: isoTime(alert.createdAtMs),
    status: alert.status,
    ...(alert.resolvedAtMs === null ? {} : { resolved_at: isoTime(alert.resolvedAtMs) }),
    alert_key: alert.key,
    service: serviceReference(account, alert.serviceId),
    first_trigger_log_entry: resource(
      'trigger_log_entry_reference',
      alert.firstEntryId,
      first?.summary ?? alert.summary,
      'log_entries',
    ),
    ...(whole && includes.has('first_trigger_log_entries') && first !== undefined
      ? { first_trigger_log_entry: triggerEntryView(account, first.incident, true) }
      : {}),
    incident:
      whole && includes.has('incidents')
        ? incidentView(account, alert.incident, noIncludes)
        : incidentReference(alert.incident),
    suppressed: false,
    severity: alert.severity,
    integration: resource(
      `${integrationType}_inbound_integration_reference`,
      alert.integrationId,
      integration?.name ?? alert.integrationId,
      `services/${alert.serviceId}/integrations`,
    ),
    body: {
      type: 'alert_body',
      contexts: alert.contexts,
      details: alert.details,
    },
  };
}

function updateStatus({ account, id, body }: RestCall, actor: User): object {
  const text = readStatusUpdate(body);
  const update = addStatusUpdate(account, findIncident(account, id), actor.id, {
    message: text.message,
    subject: text.subject ?? null,
    htmlMessage: text.html_message ?? null,
  });
  return {
    status_update: {
      id: update.id,
      message: update.message,
      created_at: isoTime(update.createdAtMs),
      sender: userReference(account, update.senderId),
      ...(update.subject === null ? {} : { subject: update.subject }),
      ...(update.htmlMessage === null ? {} : { html_message: update.htmlMessage }),
    },
  };
}

/** The requester comes in the body, not in `From`. */
function askResponders({ account, id, body }: RestCall): object {
  const incident = findIncident(account, id);
  const wanted = readResponderRequest(body);
  if (!account.directory.users.some((user) => user.id === wanted.requester_id)) {
    throw new AccountError(400, 1008, 'Requester User Not Found');
  }
  const targets = wanted.responder_request_targets.map((target) =>
    'responder_request_target' in target ? target.responder_request_target : target,
  );
  const request = requestResponders(account, incident, wanted.requester_id, wanted.message, targets);
  return {
    responder_request: {
      id: request.id,
      incident: incidentReference(incident),
      requester: userReference(account, request.requesterId),
      requested_at: isoTime(request.requestedAtMs),
      message: request.message,
      responder_request_targets: request.targets.map(({ type, id: targetId }) => ({
        type,
        id: targetId,
        incident_responders: request.userIds.map((userId) => ({
          state: 'pending',
          user: userReference(account, userId),
          incident: incidentReference(incident),
          updated_at: isoTime(request.requestedAtMs),
          message: request.message,
          requester: userReference(account, request.requesterId),
          requested_at: isoTime(request.requestedAtMs),
        })),
      })),
    },
  };
}
