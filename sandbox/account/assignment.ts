import type { Account } from './account.js';
import { AccountError } from './account-error.js';
import { findPolicy, firstLevelOnCall, onCallUserIds, userNames } from './find.js';
import type { Agent, Channel, EscalationPolicy, Incident } from './records.js';

/** Refuses what `reassign` could not do. */
export function checkAssignees(account: Account, incident: Incident | null, userIds: readonly string[]): void {
  if (incident?.status === 'resolved') throw new AccountError(400, 1001, 'Incident Already Resolved');
  if (userIds.length === 0)
    throw new AccountError(400, 1011, 'Cannot process reassign action', ['assignments must name at least one user']);
  for (const id of userIds) {
    if (!account.directory.users.some((user) => user.id === id)) {
      throw new AccountError(400, 1007, 'Assigned To User Not Found', [`User ${id} not found`]);
    }
  }
}

/** Assigns the incident to these users and nobody else. */
export function reassign(account: Account, incident: Incident, userIds: readonly string[], agent: Agent): void {
  checkAssignees(account, incident, userIds);
  account.beginAction();
  incident.assignedVia = 'direct_assignment';
  account.schedule(incident, 'escalate', null);
  account.schedule(incident, 'exhaust', null);
  assign(account, incident, userIds, agent, { type: 'api' }, 'assign');
  lapseAcknowledgements(account, incident, agent);
}

/** The level that escalating to this policy would reach; refuses what `escalate` could not do. */
export function checkEscalation(account: Account, incident: Incident, policyId: string, level: number | null): number {
  if (incident.status === 'resolved') throw new AccountError(400, 1006, 'Cannot Escalate', ['Incident is resolved']);
  const policy = findPolicy(account, policyId);
  if (level !== null && policy.levels[level] === undefined) {
    const range = `escalation_level must be between 1 and ${policy.levels.length}`;
    throw new AccountError(400, 1006, 'Cannot Escalate', [range]);
  }
  const reached = level ?? firstLevelOnCall(account, policy);
  if (reached === undefined || onCallUserIds(account, policy, reached).length === 0) {
    throw new AccountError(400, 1015, 'Escalation Policy Has No User On Call');
  }
  return reached;
}

/** Hands the incident to whoever is on call at a level (zero-based) of a policy; null is its first level. */
export function escalate(
  account: Account,
  incident: Incident,
  policyId: string,
  level: number | null,
  agent: Agent,
  channel: Channel = { type: 'api' },
): void {
  const reached = checkEscalation(account, incident, policyId, level);
  account.beginAction();
  incident.policyId = policyId;
  incident.level = reached;
  incident.assignedVia = 'escalation_policy';
  const policy = findPolicy(account, policyId);
  assign(account, incident, onCallUserIds(account, policy, reached), agent, channel, 'escalate');
  scheduleEscalation(account, incident);
  lapseAcknowledgements(account, incident, agent);
}

/** Replaces the assignments and writes the entry that says so. */
export function assign(
  account: Account,
  incident: Incident,
  userIds: readonly string[],
  agent: Agent,
  channel: Channel,
  kind: 'assign' | 'escalate',
): void {
  const atMs = account.now();
  const before = incident.assignments;
  incident.assignments = [...new Set(userIds)].map(
    (userId) => before.find((one) => one.userId === userId) ?? { userId, atMs },
  );
  const assigneeIds = incident.assignments.map((one) => one.userId);
  const verb = kind === 'assign' ? 'Assigned' : 'Escalated';
  const summary = `${verb} to ${userNames(account, assigneeIds)}.`;
  const entry = account.write(incident, kind, agent, channel, summary, { assigneeIds });
  if (kind === 'escalate') account.record('escalated', incident, agent.kind === 'user' ? agent.id : null, entry);
  for (const userId of assigneeIds) {
    const wasAssigned = before.some((one) => one.userId === userId);
    account.record('assigned', incident, userId, entry, { wasAssigned });
  }
}

/** Starts the clock of the incident's present level. */
export function scheduleEscalation(account: Account, incident: Incident): void {
  const policy = account.directory.policies.find((one) => one.id === incident.policyId);
  const delayMinutes = policy?.levels[incident.level]?.delayMinutes ?? 0;
  const runs = policy !== undefined && delayMinutes > 0 && incident.assignedVia === 'escalation_policy';
  const atMs = runs && incident.status === 'triggered' ? account.now() + delayMinutes * 60_000 : null;
  const hasNext = policy !== undefined && nextLevel(policy, incident) !== null;
  account.schedule(incident, 'escalate', hasNext ? atMs : null);
  account.schedule(incident, 'exhaust', hasNext ? null : atMs);
}

/** The level that the policy goes to next; null after its last level and last loop. */
export function nextLevel(policy: EscalationPolicy, incident: Incident): number | null {
  if (incident.level + 1 < policy.levels.length) return incident.level + 1;
  return incident.loopsDone < policy.loops ? 0 : null;
}

/**
 * An acknowledgement by somebody who is no longer assigned has lapsed. If none is left, the incident is triggered
 * again: PagerDuty notifies new assignees, which it does for triggered incidents only.
 */
function lapseAcknowledgements(account: Account, incident: Incident, agent: Agent): void {
  if (incident.status !== 'acknowledged') return;
  incident.acknowledgements = incident.acknowledgements.filter(
    (one) => one.agent.kind === 'user' && incident.assignments.some((other) => other.userId === one.agent.id),
  );
  if (incident.acknowledgements.length > 0) return;
  incident.status = 'triggered';
  incident.lastStatusChangeAtMs = account.now();
  incident.lastStatusChangeBy = agent;
  account.schedule(incident, 'unacknowledge', null);
  scheduleEscalation(account, incident);
  const entry = account.write(incident, 'unacknowledge', agent, { type: 'auto' }, 'Unacknowledged by reassignment.');
  account.record('unacknowledged', incident, agent.kind === 'user' ? agent.id : null, entry);
}
