import type { Account } from './account.js';
import { agentName, findPolicy, findService, firstLevelOnCall } from './find.js';
import { acknowledge, resolve } from './lifecycle.js';
import { openIncident } from './open-incident.js';
import type { Agent, Alert, Context, Incident, Integration } from './records.js';

export interface MonitoringEvent {
  readonly action: 'trigger' | 'acknowledge' | 'resolve';
  /** Null lets the account make one up. */
  readonly key: string | null;
  readonly summary: string;
  readonly severity: Alert['severity'];
  readonly details: object;
  readonly contexts: readonly Context[];
}

/** Applies an event and returns its key. Events that match nothing are accepted and change nothing. */
export function receiveEvent(account: Account, integration: Integration, event: MonitoringEvent): string {
  const key = event.key ?? account.ids.hex();
  const incident = account.openIncidentByKey(integration.serviceId, key);
  const agent: Agent = { kind: 'service', id: integration.serviceId };
  if (event.action === 'trigger') {
    if (incident === undefined) openForEvent(account, integration, key, event, agent);
    else repeat(account, incident, integration, key, event, agent);
  } else if (incident !== undefined && event.action === 'acknowledge') {
    // A second acknowledgement by an event is not an error, it just says nothing new.
    if (incident.status === 'triggered') acknowledge(account, incident, agent);
  } else if (incident !== undefined) {
    resolveAlert(account, incident, key, agent);
  }
  return key;
}

/** With nobody on call PagerDuty takes the event and creates no incident. */
function openForEvent(
  account: Account,
  integration: Integration,
  key: string,
  event: MonitoringEvent,
  agent: Agent,
): void {
  const service = findService(account, integration.serviceId);
  if (firstLevelOnCall(account, findPolicy(account, service.escalationPolicyId)) === undefined) return;
  const incident = openIncident(account, {
    serviceId: service.id,
    title: event.summary,
    urgency: event.severity === 'critical' || event.severity === 'error' ? 'high' : 'low',
    agent,
    channel: { type: 'api', summary: event.summary, details: event.details },
    key,
    entry: { description: event.summary, contexts: event.contexts },
  });
  const firstEntryId = incident.entries[0]?.id ?? '';
  incident.alerts.push(newAlert(account, incident, integration, key, event, firstEntryId));
}

/** A trigger for a key that is open: a log entry, perhaps the alert of an incident that had none, no new incident. */
function repeat(
  account: Account,
  incident: Incident,
  integration: Integration,
  key: string,
  event: MonitoringEvent,
  agent: Agent,
): void {
  account.beginAction();
  const channel = { type: 'api', summary: event.summary, details: event.details } as const;
  const summary = `Triggered again by ${agentName(account, agent)}.`;
  const details = { description: event.summary, contexts: event.contexts };
  const entry = account.write(incident, 'trigger', agent, channel, summary, details);
  if (!incident.alerts.some((alert) => alert.key === key && alert.status === 'triggered')) {
    incident.alerts.push(newAlert(account, incident, integration, key, event, entry.id));
  }
  account.record('alert-added', incident, null, entry);
}

/** The incident ends with the last of its alerts. */
function resolveAlert(account: Account, incident: Incident, key: string, agent: Agent): void {
  const others = incident.alerts.filter((alert) => alert.status === 'triggered' && alert.key !== key);
  if (others.length === 0) {
    resolve(account, incident, agent);
    return;
  }
  for (const alert of incident.alerts) {
    if (alert.key !== key || alert.status === 'resolved') continue;
    alert.status = 'resolved';
    alert.resolvedAtMs = account.now();
  }
  incident.updatedAtMs = account.now();
}

function newAlert(
  account: Account,
  incident: Incident,
  integration: Integration,
  key: string,
  event: MonitoringEvent,
  firstEntryId: string,
): Alert {
  return {
    id: account.ids.id('P', 14),
    key,
    summary: event.summary,
    severity: event.severity,
    serviceId: integration.serviceId,
    integrationId: integration.id,
    createdAtMs: account.now(),
    details: event.details,
    contexts: event.contexts,
    firstEntryId,
    status: 'triggered',
    resolvedAtMs: null,
    incident,
  };
}
