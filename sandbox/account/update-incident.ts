import type { Account } from './account.js';
import { AccountError, invalidInput } from './account-error.js';
import { checkNote } from './annotate.js';
import { checkAssignees, checkEscalation, escalate, reassign } from './assignment.js';
import { agentName } from './find.js';
import { acknowledge, checkAcknowledge, checkResolve, resolve, unacknowledge } from './lifecycle.js';
import type { Agent, EntryKind, HistoryKind, Incident, IncidentStatus, Urgency } from './records.js';

export interface IncidentChange {
  readonly status?: IncidentStatus | undefined;
  readonly resolution?: string | undefined;
  readonly title?: string | undefined;
  readonly urgency?: Urgency | undefined;
  /** Null takes the priority away. */
  readonly priorityId?: string | null | undefined;
  readonly policyId?: string | undefined;
  /** One-based, as PagerDuty counts. */
  readonly escalationLevel?: number | undefined;
  readonly assigneeIds?: readonly string[] | undefined;
}

/**
 * Checks the whole change, throws if any part of it is refused, and otherwise returns what carries it out: many
 * incidents are updated all or none.
 */
export function planUpdate(account: Account, incident: Incident, change: IncidentChange, agent: Agent): () => void {
  const steps: (() => void)[] = [];
  planFields(account, incident, change, agent, steps);
  planStatus(account, incident, change, agent, steps);
  const { policyId, escalationLevel, assigneeIds } = change;
  if (assigneeIds !== undefined && (policyId !== undefined || escalationLevel !== undefined)) {
    throw new AccountError(400, 1011, 'Cannot process reassign action', [
      'Assign to users or to a policy, not to both',
    ]);
  }
  if (assigneeIds !== undefined) {
    checkAssignees(account, incident, assigneeIds);
    steps.push(() => reassign(account, incident, assigneeIds, agent));
  }
  if (policyId !== undefined || escalationLevel !== undefined) {
    const target = policyId ?? incident.policyId;
    const level = escalationLevel === undefined ? null : escalationLevel - 1;
    checkEscalation(account, incident, target, level);
    steps.push(() => escalate(account, incident, target, level, agent));
  }
  return () => {
    for (const step of steps) step();
  };
}

function planStatus(
  account: Account,
  incident: Incident,
  change: IncidentChange,
  agent: Agent,
  steps: (() => void)[],
): void {
  const { status, resolution, assigneeIds, policyId, escalationLevel } = change;
  if (status === 'resolved') {
    checkResolve(incident);
    if (resolution !== undefined) checkNote(incident, resolution);
    if (assigneeIds !== undefined || policyId !== undefined || escalationLevel !== undefined) {
      throw new AccountError(400, 1011, 'Cannot process reassign action', ['Resolving ends every assignment']);
    }
    steps.push(() => resolve(account, incident, agent, { resolution }));
  } else if (status === 'acknowledged') {
    checkAcknowledge(incident, agent);
    steps.push(() => acknowledge(account, incident, agent));
  } else if (status === 'triggered' && incident.status === 'resolved') {
    throw new AccountError(400, 1003, 'Invalid Status Provided', ['A resolved incident reopens by acknowledging it']);
  } else if (status === 'triggered' && incident.status === 'acknowledged') {
    steps.push(() => unacknowledge(account, incident, agent, { type: 'api' }));
  }
}

function planFields(
  account: Account,
  incident: Incident,
  change: IncidentChange,
  agent: Agent,
  steps: (() => void)[],
): void {
  const { title, urgency, priorityId } = change;
  if (title !== undefined) {
    if (title.trim() === '') throw invalidInput("Title can't be blank");
    if (title !== incident.title) {
      steps.push(() => {
        incident.title = title;
        note(account, incident, agent, 'field_value_change', 'title-changed', `Title changed to "${title}"`);
      });
    }
  }
  if (urgency !== undefined && urgency !== incident.urgency) {
    steps.push(() => {
      incident.urgency = urgency;
      note(account, incident, agent, 'urgency_change', 'urgency-changed', `Urgency changed to ${urgency}`);
    });
  }
  if (priorityId !== undefined && priorityId !== incident.priorityId) {
    const name = account.directory.priorities.find((one) => one.id === priorityId)?.name;
    if (priorityId !== null && name === undefined) throw new AccountError(400, 1020, 'Invalid Priority', [priorityId]);
    steps.push(() => {
      incident.priorityId = priorityId;
      note(account, incident, agent, 'priority_change', 'priority-changed', `Priority changed to ${name ?? 'none'}`);
    });
  }
}

function note(
  account: Account,
  incident: Incident,
  agent: Agent,
  kind: EntryKind,
  history: HistoryKind,
  what: string,
): void {
  account.beginAction();
  incident.updatedAtMs = account.now();
  // Of the three only urgency_change is among the types that every log entry route of the specification lists.
  const listed = kind === 'urgency_change' || !account.settings.strictSpecification;
  const summary = `${what} by ${agentName(account, agent)}.`;
  const entry = listed ? account.write(incident, kind, agent, { type: 'api' }, summary) : null;
  account.record(history, incident, agent.kind === 'user' ? agent.id : null, entry);
}
