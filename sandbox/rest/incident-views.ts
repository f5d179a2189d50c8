import type { Account } from '../account/account.js';
import type { Agent, Alert, Incident, LogEntry, PendingAction } from '../account/records.js';
import { policyView, priorityView, serviceView, teamList, teamView, userView } from './directory-views.js';
import {
  agentReference,
  incidentReference,
  incidentSummary,
  isoTime,
  nullUnlessStrict,
  policyReference,
  resource,
  serviceReference,
  teamReference,
  userReference,
} from './references.js';

type Includes = ReadonlySet<string>;
const noIncludes: Includes = new Set();

/** An incident as PagerDuty's REST API shows it. */
export function incidentView(account: Account, incident: Incident, includes: Includes): object {
  const { directory } = account;
  const service = directory.services.find((one) => one.id === incident.serviceId);
  const policy = directory.policies.find((one) => one.id === incident.policyId);
  const priority = directory.priorities.find((one) => one.id === incident.priorityId);
  const withAssignees = includes.has('assignees') || includes.has('users');
  const withAcknowledgers = includes.has('acknowledgers') || includes.has('users');
  const hidesKey = account.settings.hideKeyOfAlertIncidents && incident.alerts.length > 0;
  return {
    ...resource('incident', incident.id, incidentSummary(incident), 'incidents'),
    incident_number: incident.number,
    title: incident.title,
    description: incident.title,
    created_at: isoTime(incident.createdAtMs),
    updated_at: isoTime(incident.updatedAtMs),
    status: incident.status,
    incident_key: hidesKey ? null : incident.key,
    service:
      includes.has('services') && service !== undefined
        ? serviceView(account, service, noIncludes)
        : serviceReference(account, incident.serviceId),
    assignments: incident.assignments.map(({ userId, atMs }) => ({
      at: isoTime(atMs),
      assignee: agentView(account, { kind: 'user', id: userId }, withAssignees),
    })),
    assigned_via: incident.assignedVia,
    last_status_change_at: isoTime(incident.lastStatusChangeAtMs),
    resolved_at: incident.resolvedAtMs === null ? null : isoTime(incident.resolvedAtMs),
    first_trigger_log_entry: triggerEntryView(account, incident, includes.has('first_trigger_log_entries')),
    alert_counts: alertCounts(incident.alerts),
    is_mergeable: incident.status !== 'resolved',
    incident_type: { name: 'incident_default' },
    escalation_policy:
      includes.has('escalation_policies') && policy !== undefined
        ? policyView(account, policy, noIncludes)
        : policyReference(account, incident.policyId),
    teams: (service?.teamIds ?? []).map((id) => {
      const team = directory.teams.find((one) => one.id === id);
      return includes.has('teams') && team !== undefined ? teamView(team) : teamReference(account, id);
    }),
    impacted_services: [serviceReference(account, incident.serviceId)],
    pending_actions: incident.pending
      .filter((action) => action.kind !== 'exhaust')
      .sort((a, b) => a.atMs - b.atMs)
      .map(pendingView),
    acknowledgements: incident.acknowledgements.map(({ agent, atMs }) => ({
      at: isoTime(atMs),
      acknowledger: agentView(account, agent, withAcknowledgers),
    })),
    basic_alert_grouping: null,
    alert_grouping: null,
    last_status_change_by: agentView(account, incident.lastStatusChangeBy, includes.has('agents')),
    priority: priority === undefined ? null : priorityView(priority),
    resolve_reason:
      incident.mergedInto === null
        ? null
        : { type: 'merge_resolve_reason', incident: incidentReference(incident.mergedInto) },
    conference_bridge: conferenceBridge(incident),
    incidents_responders: incident.responderRequests.flatMap((request) =>
      request.userIds.map((userId) => ({
        state: 'pending',
        user: userReference(account, userId),
        incident: incidentReference(incident),
        updated_at: isoTime(request.requestedAtMs),
        message: request.message,
        requester: userReference(account, request.requesterId),
        requested_at: isoTime(request.requestedAtMs),
      })),
    ),
    responder_requests: incident.responderRequests.map((request) => ({
      incident: incidentReference(incident),
      requester: userReference(account, request.requesterId),
      requested_at: isoTime(request.requestedAtMs),
      message: request.message,
      responder_request_targets: request.targets.map(({ type, id }) => ({ type, id })),
    })),
    subscriber_requests: [],
    urgency: incident.urgency,
    ...(incident.body === null ? {} : { body: { type: 'incident_body', details: incident.body } }),
    ...(includes.has('custom_fields') ? { custom_fields: [] } : {}),
  };
}

/** A whole user or service, or a reference to it. */
function agentView(account: Account, agent: Agent, whole: boolean): object {
  if (!whole) return agentReference(account, agent);
  const user = account.directory.users.find((one) => agent.kind === 'user' && one.id === agent.id);
  if (user !== undefined) return userView(account, user, noIncludes);
  const service = account.directory.services.find((one) => one.id === agent.id);
  return service === undefined ? agentReference(account, agent) : serviceView(account, service, noIncludes);
}

function pendingView(action: PendingAction): object {
  return { type: action.kind, at: isoTime(action.atMs) };
}

function alertCounts(alerts: readonly Alert[]): object {
  const triggered = alerts.filter((alert) => alert.status === 'triggered').length;
  return { all: alerts.length, triggered, resolved: alerts.length - triggered };
}

function conferenceBridge({ conferenceBridge: bridge }: Incident): object | null {
  if (bridge === null) return null;
  return {
    ...(bridge.number === null ? {} : { conference_number: bridge.number }),
    ...(bridge.url === null ? {} : { conference_url: bridge.url }),
  };
}

/** A log entry. An included incident is the incident as it is now, not as it was then. */
export function logEntryView(account: Account, entry: LogEntry, includes: Includes): object {
  const { incident } = entry;
  const service = account.directory.services.find((one) => one.id === incident.serviceId);
  const whole = !account.settings.strictSpecification;
  return {
    ...resource(`${entry.kind}_log_entry`, entry.id, entry.summary, 'log_entries'),
    html_url: null,
    created_at: isoTime(entry.atMs),
    agent: agentReference(account, entry.agent),
    channel: channelView(entry, includes.has('channels')),
    service:
      whole && includes.has('services') && service !== undefined
        ? serviceView(account, service, noIncludes)
        : serviceReference(account, incident.serviceId),
    incident: includes.has('incidents') ? includedIncident(account, incident) : incidentReference(incident),
    teams: teamList(account, service?.teamIds ?? [], includes),
    contexts: entry.contexts ?? [],
    ...(entry.note === undefined ? {} : { note: entry.note }),
    ...(entry.description === undefined ? {} : { event_details: { description: entry.description } }),
    ...(entry.assigneeIds === undefined
      ? {}
      : { assignees: entry.assigneeIds.map((id) => userReference(account, id)) }),
    ...(entry.acknowledgementTimeout === undefined
      ? {}
      : nullUnlessStrict(account, 'acknowledgement_timeout', entry.acknowledgementTimeout)),
    ...(entry.changedActions === undefined
      ? {}
      : { changed_actions: entry.changedActions.map(({ type, atMs }) => ({ type, at: isoTime(atMs) })) }),
  };
}

/** The incident's first entry, whole or as a reference. */
export function triggerEntryView(account: Account, incident: Incident, whole: boolean): object {
  const first = incident.entries[0];
  if (first === undefined) return resource('trigger_log_entry_reference', incident.id, 'Triggered', 'log_entries');
  if (whole) return logEntryView(account, first, noIncludes);
  return resource('trigger_log_entry_reference', first.id, first.summary, 'log_entries');
}

function includedIncident(account: Account, incident: Incident): object {
  const view = incidentView(account, incident, noIncludes);
  // The specification allows a reference only, and extra fields with it.
  return account.settings.strictSpecification ? { ...view, type: 'incident_reference' } : view;
}

function channelView(entry: LogEntry, whole: boolean): object {
  const { type, summary, details } = entry.channel;
  return {
    type,
    ...(summary === undefined ? {} : { summary }),
    ...(whole && details !== undefined ? { details, cef_details: { details } } : {}),
  };
}
