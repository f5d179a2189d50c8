import type { Account } from './account.js';
import { AccountError } from './account-error.js';
import { addNote, checkNote } from './annotate.js';
import { assign, scheduleEscalation } from './assignment.js';
import { agentName, findService } from './find.js';
import type { Agent, Channel, Incident, IncidentStatus } from './records.js';

const maxSnoozeSeconds = 604_800;

/** PagerDuty refuses to acknowledge for somebody who has acknowledged already. */
export function checkAcknowledge(incident: Incident, agent: Agent): void {
  const again = incident.acknowledgements.some((one) => one.agent.kind === agent.kind && one.agent.id === agent.id);
  if (again) throw new AccountError(400, 1002, 'Incident Already Acknowledged');
}

/**
 * Acknowledging assigns the incident to the person who does it, and reopens it if it was resolved. A service, acting
 * for an event, acknowledges without being assigned.
 */
export function acknowledge(
  account: Account,
  incident: Incident,
  agent: Agent,
  channel: Channel = { type: 'api' },
): void {
  checkAcknowledge(incident, agent);
  account.beginAction();
  const service = findService(account, incident.serviceId);
  const atMs = account.now();
  if (incident.status === 'resolved') {
    incident.resolvedAtMs = null;
    incident.mergedInto = null;
    account.markOpen(incident);
    if (service.autoResolveTimeout !== null) {
      account.schedule(incident, 'resolve', atMs + service.autoResolveTimeout * 1000);
    }
  }
  changeStatus(account, incident, 'acknowledged', agent);
  incident.acknowledgements = [...incident.acknowledgements, { agent, atMs }];
  account.schedule(incident, 'escalate', null);
  account.schedule(incident, 'exhaust', null);
  const acknowledgementTimeout = service.acknowledgementTimeout;
  if (acknowledgementTimeout !== null) {
    account.schedule(incident, 'unacknowledge', atMs + acknowledgementTimeout * 1000);
  }
  const summary = `Acknowledged by ${agentName(account, agent)}.`;
  const entry = account.write(incident, 'acknowledge', agent, channel, summary, { acknowledgementTimeout });
  account.record('acknowledged', incident, agent.kind === 'user' ? agent.id : null, entry);
  if (agent.kind === 'user') assignToActor(account, incident, agent);
}

/** Back to triggered: a timeout, the end of a snooze or a person's wish. */
export function unacknowledge(account: Account, incident: Incident, agent: Agent, channel: Channel): void {
  if (incident.status !== 'acknowledged') throw new AccountError(400, 1012, 'Incident is not Acknowledged');
  account.beginAction();
  changeStatus(account, incident, 'triggered', agent);
  incident.acknowledgements = [];
  account.schedule(incident, 'unacknowledge', null);
  scheduleEscalation(account, incident);
  const why = channel.type === 'timeout' ? 'due to timeout' : `by ${agentName(account, agent)}`;
  const entry = account.write(incident, 'unacknowledge', agent, channel, `Unacknowledged ${why}.`);
  account.record('unacknowledged', incident, agent.kind === 'user' ? agent.id : null, entry);
}

export function checkResolve(incident: Incident): void {
  if (incident.status === 'resolved') throw new AccountError(400, 1001, 'Incident Already Resolved');
}

/** Ends the incident: nobody stays assigned, nothing stays pending. A resolution is kept as a note. */
export function resolve(
  account: Account,
  incident: Incident,
  agent: Agent,
  how: { readonly resolution?: string | undefined; readonly mergedInto?: Incident; readonly channel?: Channel } = {},
): void {
  checkResolve(incident);
  const { resolution } = how;
  if (resolution !== undefined && agent.kind === 'user') {
    checkNote(incident, resolution);
    addNote(account, incident, agent.id, resolution);
  }
  account.beginAction();
  account.markResolved(incident);
  changeStatus(account, incident, 'resolved', agent);
  incident.resolvedAtMs = account.now();
  incident.mergedInto = how.mergedInto ?? null;
  incident.assignments = [];
  incident.acknowledgements = [];
  incident.pending = [];
  for (const alert of incident.alerts) {
    if (alert.status === 'triggered') {
      alert.status = 'resolved';
      alert.resolvedAtMs = account.now();
    }
  }
  const summary = `Resolved by ${agentName(account, agent)}.`;
  const details = resolution === undefined ? {} : { note: resolution };
  const entry = account.write(incident, 'resolve', agent, how.channel ?? { type: 'api' }, summary, details);
  account.record('resolved', incident, agent.kind === 'user' ? agent.id : null, entry);
}

/** Keeps an acknowledged incident quiet for some seconds; then it is triggered again. */
export function snooze(account: Account, incident: Incident, durationSeconds: number, agent: Agent): void {
  const valid = Number.isInteger(durationSeconds) && durationSeconds >= 1 && durationSeconds <= maxSnoozeSeconds;
  if (!valid) {
    const range = `duration must be between 1 and ${maxSnoozeSeconds}`;
    throw new AccountError(400, 1013, 'Snooze Duration is Invalid', [range]);
  }
  if (incident.status !== 'acknowledged') throw new AccountError(400, 1012, 'Incident is not Acknowledged');
  account.beginAction();
  const atMs = account.now() + durationSeconds * 1000;
  account.schedule(incident, 'unacknowledge', atMs);
  const summary = `Snoozed by ${agentName(account, agent)}.`;
  const changedActions = [{ type: 'unacknowledge', atMs }] as const;
  const entry = account.write(incident, 'snooze', agent, { type: 'api' }, summary, { changedActions });
  account.record('snoozed', incident, agent.kind === 'user' ? agent.id : null, entry);
}

/** Assigns to the acting user alone. One who was assigned anyway gets no new entry: nobody was newly assigned. */
function assignToActor(account: Account, incident: Incident, agent: Agent): void {
  const own = incident.assignments.filter((one) => one.userId === agent.id);
  if (own.length > 0) incident.assignments = own;
  else assign(account, incident, [agent.id], agent, { type: 'auto' }, 'assign');
}

function changeStatus(account: Account, incident: Incident, status: IncidentStatus, agent: Agent): void {
  if (incident.status === status) return;
  incident.status = status;
  incident.lastStatusChangeAtMs = account.now();
  incident.lastStatusChangeBy = agent;
}
