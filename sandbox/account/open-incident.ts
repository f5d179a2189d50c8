import type { Account } from './account.js';
import { AccountError } from './account-error.js';
import { assign, scheduleEscalation } from './assignment.js';
import { findPolicy, findService, firstLevelOnCall, onCallUserIds } from './find.js';
import type { Agent, Channel, EntryDetails, Incident, Urgency } from './records.js';

export interface NewIncident {
  readonly serviceId: string;
  readonly title: string;
  readonly urgency: Urgency;
  readonly agent: Agent;
  readonly channel: Channel;
  readonly key?: string | null;
  readonly priorityId?: string | null;
  readonly body?: string | object | null;
  readonly conferenceBridge?: Incident['conferenceBridge'];
  /** Instead of the service's own policy. */
  readonly policyId?: string;
  /** Instead of whoever is on call. */
  readonly assigneeIds?: readonly string[];
  readonly entry?: EntryDetails;
}

/** Opens an incident; with nobody to assign it to, or under a key that is open, it refuses. */
export function openIncident(account: Account, wanted: NewIncident): Incident {
  const service = findService(account, wanted.serviceId);
  const policy = findPolicy(account, wanted.policyId ?? service.escalationPolicyId);
  const key = wanted.key === undefined ? account.ids.hex() : wanted.key;
  if (key !== null && account.openIncidentByKey(service.id, key) !== undefined) {
    const text = 'Open incident with matching dedup key already exists on this service';
    throw new AccountError(400, 2002, 'Arguments Caused Error', [text]);
  }
  const level = firstLevelOnCall(account, policy);
  if (level === undefined && wanted.assigneeIds === undefined) {
    throw new AccountError(400, 1015, 'Escalation Policy Has No User On Call', [
      `Nobody is on call for ${policy.name}`,
    ]);
  }
  account.beginAction();
  const incident = blankIncident(account, wanted, key, policy.id, level ?? 0);
  account.add(incident);
  const { agent, channel } = wanted;
  const by = channel.type === 'api' ? 'through the API' : 'through the website';
  const entry = account.write(incident, 'trigger', agent, channel, `Triggered ${by}.`, wanted.entry);
  account.record('created', incident, agent.kind === 'user' ? agent.id : null, entry);
  const assigneeIds = wanted.assigneeIds ?? onCallUserIds(account, policy, incident.level);
  assign(account, incident, assigneeIds, { kind: 'service', id: service.id }, { type: 'auto' }, 'assign');
  scheduleEscalation(account, incident);
  if (service.autoResolveTimeout !== null) {
    account.schedule(incident, 'resolve', incident.createdAtMs + service.autoResolveTimeout * 1000);
  }
  return incident;
}

function blankIncident(
  account: Account,
  wanted: NewIncident,
  key: string | null,
  policyId: string,
  level: number,
): Incident {
  const atMs = account.now();
  const delayMs = account.settings.incidentDelaySeconds * 1000;
  return {
    id: account.ids.id('Q', 14),
    number: (account.incidents.at(-1)?.number ?? 0) + 1,
    serviceId: wanted.serviceId,
    createdAtMs: atMs,
    listedFromMs: delayMs === 0 ? atMs : account.exactNow() + delayMs,
    shuffle: account.ids.number(),
    key,
    body: wanted.body ?? null,
    conferenceBridge: wanted.conferenceBridge ?? null,
    title: wanted.title,
    status: 'triggered',
    urgency: wanted.urgency,
    priorityId: wanted.priorityId ?? null,
    policyId,
    level,
    loopsDone: 0,
    assignedVia: wanted.assigneeIds === undefined ? 'escalation_policy' : 'direct_assignment',
    assignments: [],
    acknowledgements: [],
    updatedAtMs: atMs,
    lastStatusChangeAtMs: atMs,
    lastStatusChangeBy: { kind: 'service', id: wanted.serviceId },
    resolvedAtMs: null,
    mergedInto: null,
    pending: [],
    notes: [],
    alerts: [],
    entries: [],
    responderRequests: [],
    statusUpdates: [],
  };
}
